"""All parts of the head-end simulator, put together once. Doors reach them through the request."""

import asyncio
import logging
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from starlette.requests import Request

from simulator.head_end.answer_loop import AnswerLoop
from simulator.head_end.devices import DeviceRepository
from simulator.head_end.faults import Faults
from simulator.head_end.requests import RequestRepository
from simulator.head_end.settings import Settings
from simulator.head_end.store import HeadEndStore
from simulator.shared.contract import CONTRACTS_FOLDER, Violation, build_validator, list_violations
from simulator.shared.faults import FaultControl

_SCHEMA_FILE = CONTRACTS_FOLDER / "head-end.schema.json"
_CALLBACK_TIMEOUT_SECONDS = 10

_log = logging.getLogger("simulator.head_end")


class RequestContract:
    """Says what is wrong with a request."""

    def __init__(self) -> None:
        self._status_check = build_validator(_SCHEMA_FILE, "StatusCheckRequest")
        self._action = build_validator(_SCHEMA_FILE, "ActionRequest")

    def find_violations(self, document: object, *, action: bool) -> list[Violation]:
        """What keeps a request from being taken."""
        return list(list_violations(self._action if action else self._status_check, document))


@dataclass(frozen=True, slots=True)
class HeadEndSimulator:
    """What the doors work with."""

    secret: str
    contract: RequestContract
    faults: FaultControl[Faults]
    devices: DeviceRepository
    requests: RequestRepository
    answer_loop: AnswerLoop


def get_simulator(request: Request) -> HeadEndSimulator:
    return request.state.machine


@asynccontextmanager
async def run_simulator(settings: Settings) -> AsyncGenerator[HeadEndSimulator]:
    """The machine with its clerk at work; at rest, and the store closed, afterwards."""
    store = HeadEndStore(settings.store)
    # trust_env off: a proxy meant for the internet must not come between two programs on one machine.
    async with httpx.AsyncClient(timeout=_CALLBACK_TIMEOUT_SECONDS, trust_env=False) as http:
        machine = _assemble(settings, store, http)
        work = [
            asyncio.create_task(machine.answer_loop.answer_due_requests()),
            asyncio.create_task(machine.answer_loop.send_answers()),
        ]
        for task in work:
            task.add_done_callback(_stop_if_failed)
        try:
            yield machine
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            store.close()


def _assemble(settings: Settings, store: HeadEndStore, http: httpx.AsyncClient) -> HeadEndSimulator:
    secret = settings.secret.get_secret_value()
    resting = Faults(answer=settings.answer, answer_after_seconds=settings.answer_after)
    faults = FaultControl(resting, settings.seed)
    requests, devices = RequestRepository(store), DeviceRepository(store)
    clerk = AnswerLoop(store, requests, devices, faults, http, str(settings.callback_url), secret)
    return HeadEndSimulator(secret, RequestContract(), faults, devices, requests, clerk)


def _stop_if_failed(task: asyncio.Task[None]) -> None:
    """A head-end that takes requests and never answers would be a fault nobody asked for."""
    if not task.cancelled() and task.exception() is not None:
        _log.critical("A part has failed; stopping", exc_info=task.exception())
        os._exit(1)  # the store survives any death

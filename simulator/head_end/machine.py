"""All parts of the head-end simulator, put together once. Doors reach them through the request."""

import asyncio
import logging
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from starlette.requests import Request

from simulator.contract import CONTRACTS, Flaw, flaws_of, validator
from simulator.faults import FaultBoard
from simulator.head_end.clerk import Clerk
from simulator.head_end.devices import Devices
from simulator.head_end.faults import Faults
from simulator.head_end.requests import Requests
from simulator.head_end.settings import Settings
from simulator.head_end.store import HeadEndStore

_CONTRACT = CONTRACTS / "head-end.schema.json"
_CALLBACK_TIMEOUT_SECONDS = 10

_log = logging.getLogger("simulator.head_end")


class Contract:
    """Says what is wrong with a request."""

    def __init__(self) -> None:
        self._status_check = validator(_CONTRACT, "StatusCheckRequest")
        self._action = validator(_CONTRACT, "ActionRequest")

    def flaws(self, document: object, *, action: bool) -> list[Flaw]:
        """What keeps a request from being taken."""
        return list(flaws_of(self._action if action else self._status_check, document))


@dataclass(frozen=True, slots=True)
class Machine:
    """What the doors work with."""

    secret: str
    contract: Contract
    faults: FaultBoard[Faults]
    devices: Devices
    requests: Requests
    clerk: Clerk


def machine_of(request: Request) -> Machine:
    return request.state.machine


@asynccontextmanager
async def running(settings: Settings) -> AsyncGenerator[Machine]:
    """The machine with its clerk at work; at rest, and the store closed, afterwards."""
    store = HeadEndStore(settings.store)
    # trust_env off: a proxy meant for the internet must not come between two programs on one machine.
    async with httpx.AsyncClient(timeout=_CALLBACK_TIMEOUT_SECONDS, trust_env=False) as http:
        machine = _assembled(settings, store, http)
        work = [asyncio.create_task(machine.clerk.decide()), asyncio.create_task(machine.clerk.tell())]
        for task in work:
            task.add_done_callback(_stop_if_failed)
        try:
            yield machine
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            store.close()


def _assembled(settings: Settings, store: HeadEndStore, http: httpx.AsyncClient) -> Machine:
    secret = settings.secret.get_secret_value()
    resting = Faults(answer=settings.answer, answer_after_seconds=settings.answer_after)
    faults = FaultBoard(resting, settings.seed)
    requests, devices = Requests(store), Devices(store)
    clerk = Clerk(store, requests, devices, faults, http, str(settings.callback_url), secret)
    return Machine(secret, Contract(), faults, devices, requests, clerk)


def _stop_if_failed(task: asyncio.Task[None]) -> None:
    """A head-end that takes requests and never answers would be a fault nobody asked for."""
    if not task.cancelled() and task.exception() is not None:
        _log.critical("A part has failed; stopping", exc_info=task.exception())
        os._exit(1)  # the store survives any death

"""All parts of the simulator, put together once. Doors reach them through the request."""

import asyncio
import logging
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from starlette.requests import Request

from simulator.clerk import Clerk
from simulator.contract import Contract
from simulator.courier import CARRIERS, Courier
from simulator.deliveries import Deliveries
from simulator.faults import FaultBoard, Faults
from simulator.intake import Intake
from simulator.messages import Messages
from simulator.reference import ReferenceData
from simulator.register import Register
from simulator.resources import Resources
from simulator.settings import Settings
from simulator.settlement import Settlement
from simulator.store import Store

_CALLBACK_TIMEOUT_SECONDS = 10

_log = logging.getLogger("simulator")


@dataclass(frozen=True, slots=True)
class Machine:
    """What the doors work with."""

    secret: str
    contract: Contract
    faults: FaultBoard[Faults]
    messages: Messages
    register: Register
    reference: ReferenceData
    intake: Intake
    clerk: Clerk
    courier: Courier
    deliveries: Deliveries


def machine_of(request: Request) -> Machine:
    return request.state.machine


@asynccontextmanager
async def running(settings: Settings) -> AsyncGenerator[Machine]:
    """The machine with its clerk and carriers at work; all at rest, and the store closed, afterwards."""
    store = Store(settings.store)
    # trust_env off: a proxy meant for the internet must not come between two programs on one machine.
    async with httpx.AsyncClient(timeout=_CALLBACK_TIMEOUT_SECONDS, trust_env=False) as http:
        machine = _assembled(settings, store, http)
        work = [asyncio.create_task(one.run()) for one in (machine.clerk, *[machine.courier] * CARRIERS)]
        for task in work:
            task.add_done_callback(_stop_if_failed)
        try:
            yield machine
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            store.close()


def _assembled(settings: Settings, store: Store, http: httpx.AsyncClient) -> Machine:
    secret = settings.secret.get_secret_value()
    resting = Faults(acknowledge=settings.acknowledge, acknowledge_after_seconds=settings.acknowledge_after)
    faults = FaultBoard(resting, settings.seed)
    messages = Messages(store)
    reference = ReferenceData(store)
    settlement = Settlement(messages, Resources(store), reference)
    courier = Courier(store, messages, faults, http, str(settings.callback_url), secret)
    clerk = Clerk(store, messages, settlement, faults, courier)
    intake = Intake(store, messages, settlement, faults, clerk)
    register = Register(store)
    return Machine(secret, Contract(), faults, messages, register, reference, intake, clerk, courier, Deliveries())


def _stop_if_failed(task: asyncio.Task[None]) -> None:
    """A simulator that takes messages and never answers would be a fault nobody asked for."""
    if not task.cancelled() and task.exception() is not None:
        _log.critical("A part has failed; stopping", exc_info=task.exception())
        os._exit(1)  # the store survives any death

"""All parts of the simulator, put together once. Doors reach them through the request."""

import asyncio
import logging
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from starlette.requests import Request

from simulator.derms.decision_loop import DecisionLoop
from simulator.derms.delivery_log import DeliveryLog
from simulator.derms.grid_model.processing import MessageProcessor
from simulator.derms.grid_model.reference import ReferenceRepository
from simulator.derms.grid_model.resources import DerRepository
from simulator.derms.grid_model.search import DerSearch
from simulator.derms.inbox import MessageInbox
from simulator.derms.messages import MessageRepository
from simulator.derms.settings import Settings
from simulator.shared.callbacks import SENDER_COUNT, CallbackSender
from simulator.shared.contract import MessageContract
from simulator.shared.faults import FaultControl, Faults
from simulator.shared.store import Store

_CALLBACK_TIMEOUT_SECONDS = 10

_log = logging.getLogger("simulator")


@dataclass(frozen=True, slots=True)
class DermsSimulator:
    """What the doors work with."""

    secret: str
    contract: MessageContract
    faults: FaultControl[Faults]
    messages: MessageRepository
    search: DerSearch
    reference: ReferenceRepository
    inbox: MessageInbox
    decision_loop: DecisionLoop
    callbacks: CallbackSender
    deliveries: DeliveryLog


def get_simulator(request: Request) -> DermsSimulator:
    return request.state.machine


@asynccontextmanager
async def run_simulator(settings: Settings) -> AsyncGenerator[DermsSimulator]:
    """The machine with its clerk and carriers at work; all at rest, and the store closed, afterwards."""
    store = Store(settings.store)
    # trust_env off: a proxy meant for the internet must not come between two programs on one machine.
    async with httpx.AsyncClient(timeout=_CALLBACK_TIMEOUT_SECONDS, trust_env=False) as http:
        machine = _assemble(settings, store, http)
        work = [asyncio.create_task(one.run()) for one in (machine.decision_loop, *[machine.callbacks] * SENDER_COUNT)]
        for task in work:
            task.add_done_callback(_stop_if_failed)
        try:
            yield machine
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            store.close()


def _assemble(settings: Settings, store: Store, http: httpx.AsyncClient) -> DermsSimulator:
    secret = settings.secret.get_secret_value()
    resting = Faults(acknowledge=settings.acknowledge, acknowledge_after_seconds=settings.acknowledge_after)
    faults = FaultControl(resting, settings.seed)
    messages = MessageRepository(store)
    reference = ReferenceRepository(store)
    settlement = MessageProcessor(messages, DerRepository(store), reference)
    courier = CallbackSender(store, messages, faults, http, str(settings.callback_url), secret)
    clerk = DecisionLoop(store, messages, settlement, faults, courier)
    intake = MessageInbox(store, messages, settlement, faults, clerk)
    register = DerSearch(store)
    return DermsSimulator(
        secret, MessageContract(), faults, messages, register, reference, intake, clerk, courier, DeliveryLog()
    )


def _stop_if_failed(task: asyncio.Task[None]) -> None:
    """A simulator that takes messages and never answers would be a fault nobody asked for."""
    if not task.cancelled() and task.exception() is not None:
        _log.critical("A part has failed; stopping", exc_info=task.exception())
        os._exit(1)  # the store survives any death

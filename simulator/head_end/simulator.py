"""The parts of the head-end simulator, assembled once."""

from dataclasses import dataclass

import httpx
from starlette.requests import Request

from simulator.head_end.contract import RequestContract
from simulator.head_end.devices import DeviceRepository
from simulator.head_end.faults import Faults
from simulator.head_end.inbox import RequestInbox
from simulator.head_end.requests import RequestRepository
from simulator.head_end.settings import Settings
from simulator.shared.application import SimulatorParts
from simulator.shared.callbacks import CallbackSender, CallbackTarget
from simulator.shared.faults import FaultControl
from simulator.shared.store import Store


@dataclass(frozen=True, slots=True)
class HeadEndSimulator(SimulatorParts[Faults]):
    """The parts that the endpoints use."""

    contract: RequestContract
    devices: DeviceRepository
    requests: RequestRepository
    inbox: RequestInbox


def get_simulator(request: Request) -> HeadEndSimulator:
    return request.state.simulator


def assemble(settings: Settings, store: Store, http: httpx.AsyncClient) -> HeadEndSimulator:
    """Builds all parts over a store."""
    secret = settings.secret.get_secret_value()
    faults = FaultControl(Faults(answer=settings.answer, answer_after_seconds=settings.answer_after), settings.seed)
    requests = RequestRepository(store)
    devices = DeviceRepository(store)
    callbacks = CallbackSender(
        requests,
        http,
        CallbackTarget(str(settings.callback_url), secret, "answers"),
        is_duplicating=lambda: faults.current.duplicate_answers,
    )
    inbox = RequestInbox(store, requests, devices, faults, callbacks)
    return HeadEndSimulator(
        secret=secret,
        faults=faults,
        loop=inbox.loop,
        callbacks=callbacks,
        sender_count=1,
        contract=RequestContract(),
        devices=devices,
        requests=requests,
        inbox=inbox,
    )

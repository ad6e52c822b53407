"""The parts of the DERMS simulator, assembled once."""

from dataclasses import dataclass

import httpx
from starlette.requests import Request

from simulator.derms.contract import MessageContract
from simulator.derms.faults import Faults
from simulator.derms.grid_model.reference import ReferenceRepository
from simulator.derms.grid_model.resources import DerRepository
from simulator.derms.grid_model.search import DerSearch
from simulator.derms.inbox import MessageInbox
from simulator.derms.messages import DeliveryLog, MessageRepository
from simulator.derms.processing import MessageProcessor
from simulator.derms.settings import Settings
from simulator.shared.application import SimulatorParts
from simulator.shared.callbacks import CallbackSender, CallbackTarget
from simulator.shared.faults import FaultControl
from simulator.shared.store import Store


@dataclass(frozen=True, slots=True)
class DermsSimulator(SimulatorParts[Faults]):
    """The parts that the endpoints use."""

    contract: MessageContract
    messages: MessageRepository
    search: DerSearch
    reference: ReferenceRepository
    inbox: MessageInbox
    deliveries: DeliveryLog


def get_simulator(request: Request) -> DermsSimulator:
    return request.state.simulator


def assemble(settings: Settings, store: Store, http: httpx.AsyncClient) -> DermsSimulator:
    """Builds all parts over a store."""
    secret = settings.secret.get_secret_value()
    defaults = Faults(acknowledge=settings.acknowledge, acknowledge_after_seconds=settings.acknowledge_after)
    faults = FaultControl(defaults, settings.seed)
    messages = MessageRepository(store)
    reference = ReferenceRepository(store)
    callbacks = CallbackSender(
        messages,
        http,
        CallbackTarget(str(settings.callback_url), secret, "acknowledgements"),
        is_duplicating=lambda: faults.current.duplicate_acknowledgements,
        is_reordering=lambda: faults.current.reorder_acknowledgements,
    )
    processor = MessageProcessor(messages, DerRepository(store), reference)
    inbox = MessageInbox(store, messages, processor, faults, callbacks)
    return DermsSimulator(
        secret=secret,
        faults=faults,
        loop=inbox.loop,
        callbacks=callbacks,
        sender_count=4,
        contract=MessageContract(),
        messages=messages,
        search=DerSearch(store),
        reference=reference,
        inbox=inbox,
        deliveries=DeliveryLog(),
    )

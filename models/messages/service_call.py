"""Inputs and results of the service call workflow and its steps. They contain only ids and states."""

from models.messages.message import Message
from models.messages.site_visit import AwaitedVisit
from models.messages.synchronization import SyncOutcome
from models.messages.text import Text
from models.messages.workflow_start import SynchronizingInput
from models.states.service_call import ServiceCallState

WORKFLOW = "ServiceCall"
ACTION_CHOSEN = "action_chosen"


class ServiceCallInput(SynchronizingInput):
    """Which service call to carry through."""

    service_call_id: str


class ActionChosen(Message):
    """Somebody decided what shall be done."""

    message_id: str = ""


class ServiceCallProgress(Message):
    """The state of a call and what its workflow does next: wait for a visit or evaluate one that has ended; send a
    request to the head-end; synchronize a change; or, with none of these, wait for a decision."""

    state: ServiceCallState
    visit: AwaitedVisit | None = None
    visit_ended: bool = False
    head_end_request_id: str | None = None
    sync_request_id: str | None = None
    why: Text = ""


class CancelServiceCall(Message):
    """Take the call back."""

    service_call_id: str
    reason: Text
    actor: str = "temporal"


class ParkServiceCall(Message):
    """Mark it as needing a person."""

    service_call_id: str
    reason: Text


class VisitEnded(Message):
    """The order of the call is final: write down what came of it."""

    service_call_id: str
    work_order_id: str


class RemoteActionEnded(Message):
    """The head-end was asked and waited for: write down what came of it. `trouble`: why it could not be asked."""

    service_call_id: str
    request_id: str
    trouble: Text = ""


class ServiceCallResult(Message):
    """How the workflow ended. `synchronization`: how the synchronization ended, if there was one."""

    state: ServiceCallState
    synchronization: SyncOutcome | None = None

"""What goes into the service-call flow and comes out of its steps. Ids and states only."""

from models.messages.message import Message
from models.messages.site_visit import Visit
from models.messages.synchronize import SyncOutcome
from models.task_states import ServiceCallState

WORKFLOW = "ServiceCall"


class ServiceCallInput(Message):
    """Which service call to carry through."""

    service_call_id: str
    acknowledgement_timeout_seconds: float = 900.0


class Called(Message):
    """Where the call stands, the visit to wait for, and what the DERMS must be told."""

    state: ServiceCallState
    visit: Visit | None = None
    remote_action: bool = False
    sync_request_ids: tuple[str, ...] = ()
    verdict: str = ""


class CancelServiceCall(Message):
    """Take the call back."""

    service_call_id: str
    reason: str
    actor: str = "temporal"


class ParkServiceCall(Message):
    """Mark it as needing a person."""

    service_call_id: str
    reason: str


class ResolveServiceCall(Message):
    """Write down how the visit or the remote action ended."""

    service_call_id: str
    completion_id: str | None = None
    outcome: str


class ServiceCallResult(Message):
    """How the flow ended."""

    state: ServiceCallState
    synchronization: SyncOutcome | None = None

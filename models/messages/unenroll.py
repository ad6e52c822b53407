"""What goes into the unenrol flow and comes out of its steps. Ids and states only."""

from models.messages.message import Message
from models.messages.site_visit import Visit
from models.messages.synchronize import SyncOutcome
from models.states import SyncState
from models.task_states import RemovalMethod, UnenrollmentState

WORKFLOW = "Unenroll"
APPROVAL_DECIDED = "approval_decided"
DEVICE_RECEIVED = "device_received"


class UnenrollInput(Message):
    """Which unenrolment to carry through."""

    unenrollment_id: str
    acknowledgement_timeout_seconds: float = 900.0


class Removal(Message):
    """How one device leaves. `visit` is the order made for it, if one was."""

    device_id: str
    method: RemovalMethod
    visit: Visit | None = None


class Leaving(Message):
    """What validating, approving or waiting came to, and what is left to do."""

    state: UnenrollmentState
    seconds_until_effective: float = 0.0
    stops_control_first: bool = False
    removals: tuple[Removal, ...] = ()
    sync_request_id: str | None = None
    remind_after_days: int = 3
    expire_after_days: int = 180
    failed_rules: tuple[str, ...] = ()


class ApprovalDecided(Message):
    """A program manager decided."""

    message_id: str = ""
    approved: bool
    reason: str = ""
    actor: str = "temporal"


class DeviceReceived(Message):
    """A shipped device came back."""

    device_id: str
    message_id: str = ""


class DecideApproval(Message):
    """Write down what was decided."""

    unenrollment_id: str
    approved: bool
    reason: str
    actor: str


class CancelUnenrollment(Message):
    """Take the request back, before the subscription has ended."""

    unenrollment_id: str
    reason: str
    actor: str = "temporal"


class RemovalEnded(Message):
    """How the removal of one device ended: `kept` when an operator or a failed visit left it where it was."""

    unenrollment_id: str
    device_id: str
    kept: bool = False


class ParkUnenrollment(Message):
    """Mark it as needing a person."""

    unenrollment_id: str
    reason: str


class UnenrollResult(Message):
    """How the flow ended."""

    state: UnenrollmentState
    synchronization: SyncOutcome | None = None
    sync_state: SyncState | None = None
    failed_rules: tuple[str, ...] = ()

"""Inputs and results of the unenrollment workflow and its steps. They contain only ids and states."""

from models.classifications import RemovalMethod
from models.messages.message import Message
from models.messages.site_visit import AwaitedVisit
from models.messages.synchronization import SyncOutcome
from models.messages.text import Text
from models.messages.workflow_start import SynchronizingInput
from models.states.unenrollment import UnenrollmentState

WORKFLOW = "Unenroll"
APPROVAL_DECIDED = "approval_decided"
DEVICE_RECEIVED = "device_received"
DEVICE_KEPT = "device_kept"
DAY_CHANGED = "day_changed"


class UnenrollInput(SynchronizingInput):
    """Which unenrollment to process."""

    unenrollment_id: str


class DeviceRemoval(Message):
    """How one device leaves that is still there. `visit` is the order made for it, if one was."""

    device_id: str
    method: RemovalMethod
    visit: AwaitedVisit | None = None


class UnenrollmentProgress(Message):
    """The state of an unenrollment and what remains to do: devices to remove, sync requests to send."""

    state: UnenrollmentState
    seconds_until_effective: float = 0.0
    removals: tuple[DeviceRemoval, ...] = ()
    sync_requests: tuple[str, ...] = ()
    remind_after_days: int = 3
    escalate_after_days: int = 14
    expire_after_days: int = 180
    failed_rules: tuple[str, ...] = ()


class ApprovalDecided(Message):
    """A program manager decided."""

    message_id: str = ""
    approved: bool
    reason: Text = ""
    actor: str = "temporal"


class DeviceReceived(Message):
    """A shipped device came back."""

    device_id: str
    message_id: str = ""


class DeviceKept(Message):
    """An operator ended a removal: the device stays where it is."""

    device_id: str
    message_id: str = ""


class DayChanged(Message):
    """The day on which it takes effect is another."""

    message_id: str = ""


class DecideApproval(Message):
    """Write down what was decided."""

    unenrollment_id: str
    approved: bool
    reason: Text
    actor: str


class CancelUnenrollment(Message):
    """Take the request back, before a device has left."""

    unenrollment_id: str
    reason: Text
    actor: str = "temporal"


class RemovalEnded(Message):
    """How the removal of one device ended: `kept` when it stays where it is."""

    unenrollment_id: str
    device_id: str
    kept: bool = False


class RemovalFailed(Message):
    """The removal of one device came to nothing, and a person decides."""

    unenrollment_id: str
    device_id: str
    reason: Text


class RemindOfDevice(Message):
    """A shipped device has not come back yet."""

    unenrollment_id: str
    device_id: str
    escalate: bool = False


class RetryRemoval(Message):
    """A person wants a device fetched after all."""

    unenrollment_id: str
    device_id: str


class CompleteUnenrollment(Message):
    """The DERMS has acknowledged: the registrations of deregistered devices become removed or kept."""

    unenrollment_id: str


class ParkUnenrollment(Message):
    """Mark it as needing a person."""

    unenrollment_id: str
    reason: Text


class UnenrollResult(Message):
    """How the workflow ended. `synchronization`: how the last synchronization ended."""

    state: UnenrollmentState
    synchronization: SyncOutcome | None = None
    failed_rules: tuple[str, ...] = ()

"""Messages about a site visit: ids, states and dates. A technician's text stays in the database."""

from typing import Any

from models.messages.message import Message
from models.messages.text import Text
from models.states.enrollment import EnrollmentState
from models.states.work_order import CompletionOutcome, WorkOrderState

SITE_VISIT_COMPLETED = "site_visit_completed"
APPOINTMENT_CHANGED = "appointment_changed"
WORK_ORDER_CANCELLED = "work_order_cancelled"


class SiteVisitCompleted(Message):
    """A technician reported. Through the API the report is kept already; `completion` holds one that comes by hand."""

    work_order_id: str
    completion_id: str
    completion: dict[str, Any] | None = None


class AppointmentChanged(Message):
    """An appointment was made or moved: the reminder counts from it."""

    work_order_id: str
    message_id: str = ""


class WorkOrderCancelled(Message):
    """Somebody cancelled the order."""

    work_order_id: str


class AwaitedVisit(Message):
    """A site visit to wait for, with its program's service level."""

    work_order_id: str
    remind_after_days: int = 3
    escalate_after_days: int = 14
    expire_after_days: int = 180


class ReviewCompletion(Message):
    """Look at a technician's report, once."""

    report: SiteVisitCompleted


class RemindOfVisit(Message):
    """Remind of an order that waits, or escalate it to the operators."""

    work_order_id: str
    escalate: bool = False


class SiteVisitStatus(Message):
    """The state of an order. `waits`: the workflow continues to wait for another attempt or a corrected report."""

    work_order_id: str
    state: WorkOrderState
    outcome: CompletionOutcome | None = None
    completion_id: str | None = None
    waits: bool = True
    attempts_used_up: bool = False
    verdict: Text = ""
    seconds_until_appointment: float = 0.0


class AssociateInstalledDevice(Message):
    """Associate the device that the order's report names."""

    enrollment_id: str
    work_order_id: str


class InstallationResult(Message):
    """What associating an installed device came to. `verdict`: why the order went back to the technician; `stuck`: why
    only a person can help."""

    state: EnrollmentState
    sync_request_id: str | None = None
    verdict: Text = ""
    stuck: Text = ""

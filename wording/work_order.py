"""What technicians and the office read about a work order: its next step, its timeline sentences, and the work done."""

from models.errors import IllegalTransition
from models.requests.completion import Completion
from models.states.work_order import CompletionOutcome, WorkOrderKind, WorkOrderState
from rules.completions import installs_device
from wording.links import ATTENTION
from wording.templates import fill

_W = WorkOrderState
_FINAL_STATES = (_W.COMPLETED, _W.CANCELLED)

_NEXT_STEPS: dict[WorkOrderState, str] = {
    _W.CREATED: "The order is sent to field work next.",
    _W.DISPATCHED: "An appointment is made next.",
    _W.SCHEDULED: "A technician visits at the appointment.",
    _W.EN_ROUTE: "The technician is on the way.",
    _W.ON_SITE: "The technician is there and reports when done.",
    _W.COMPLETED: "The work is done.",
    _W.INCOMPLETE: "Nothing was done; whoever asked for the work decides on another visit.",
    _W.RESCHEDULED: "A new appointment is made next.",
    _W.CANCELLED: "The order was cancelled.",
}

TIMELINE_SENTENCES: dict[str, str] = {
    "wo:created": "Work order created",
    "wo:dispatched": "Sent to field work",
    "wo:scheduled": "Appointment made",
    "wo:en_route": "Technician on the way",
    "wo:on_site": "Technician arrived",
    "wo:completed": "Work done",
    "wo:incomplete": "Visit unsuccessful",
    "wo:rescheduled": "Another visit needed",
    "wo:cancelled": "Work order cancelled",
    "wo:reminded": "Reminded of the visit",
    "wo:escalated": "Visit overdue; escalated",
    "wo:sent_back": "Report sent back to the technician",
    "wo:report_ignored": "Report came too late and changes nothing",
    "wo:unclaimed": "Something was done on site that is not wanted any more",
    "wo:settled": "What was done on site is settled",
}


_TAKEN_AWAY = "The device {old} was taken away"
_UNNAMED_TAKEN_AWAY = "The device was taken away"
_INSTALLED = "A device {new} was installed"
_UNNAMED_INSTALLED = "A device was installed"
_REPLACED: dict[tuple[bool, bool], str] = {
    (True, True): "The device {old} was replaced by another device {new}",
    (True, False): "The device {old} was replaced by another device",
    (False, True): "The device was replaced by another device {new}",
    (False, False): "The device was replaced by another device",
}
"""By whether the old and the new device are named."""


def work_order_next_step(
    state: WorkOrderState, sent_back: str | None, unclaimed: str | None, called_off: str | None
) -> str:
    """Returns what happens next. `sent_back`, `unclaimed` and `called_off`: the reasons, as they are stored."""
    if unclaimed:
        return f"{unclaimed} A person sees to it and settles it."
    if sent_back and state not in _FINAL_STATES:
        return f"The report could not be used; the technician reports again: {sent_back}"
    if called_off and state is _W.INCOMPLETE:
        return f"The order is off, and no other visit is needed: {called_off}."
    return _NEXT_STEPS[state]


def nothing_to_settle() -> IllegalTransition:
    """Returns the problem: every visit and every shipment belongs to a request."""
    return IllegalTransition(
        "Nothing was done or sent that no request stands for.", fix=f"See the requests: GET {ATTENTION}."
    )


def describe_work_done(kind: WorkOrderKind, report: Completion) -> str:
    """Returns what a visit left on site or took away; empty where it changed nothing."""
    new, old = report.device_installed, report.device_removed
    values = {"new": new.serial_number if new else "", "old": old.serial_number if old else ""}
    if kind is WorkOrderKind.REMOVE:
        done = report.outcome is CompletionOutcome.COMPLETED_AS_ORDERED
        return fill(_TAKEN_AWAY if old else _UNNAMED_TAKEN_AWAY, values) if done else ""
    if not installs_device(kind, report.outcome):
        return ""
    if kind is WorkOrderKind.INSTALL:
        return fill(_INSTALLED if new else _UNNAMED_INSTALLED, values)
    return fill(_REPLACED[old is not None, new is not None], values)

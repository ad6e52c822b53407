"""What technicians and the office are told of a work order, and what they can do with it."""

from models.states.work_order import WORK_ORDER_TRANSITIONS, WorkOrderState

_W = WorkOrderState
_BEFORE_VISIT_STATES = (_W.DISPATCHED, _W.SCHEDULED, _W.RESCHEDULED)
_FINAL_STATES = (_W.COMPLETED, _W.CANCELLED)

_NEXT_STEPS: dict[WorkOrderState, str] = {
    _W.CREATED: "The order is handed to field work next.",
    _W.DISPATCHED: "An appointment is made next.",
    _W.SCHEDULED: "A technician visits at the appointment.",
    _W.EN_ROUTE: "The technician is on the way.",
    _W.ON_SITE: "The technician is there and reports when done.",
    _W.COMPLETED: "The work is done.",
    _W.INCOMPLETE: "Nothing was done; whoever asked for the work decides on another visit.",
    _W.RESCHEDULED: "A new appointment is made next.",
    _W.CANCELLED: "The order was called off.",
}

TIMELINE_SENTENCES: dict[str, str] = {
    "wo:created": "Work order made",
    "wo:dispatched": "Handed to field work",
    "wo:scheduled": "Appointment made",
    "wo:en_route": "Technician on the way",
    "wo:on_site": "Technician arrived",
    "wo:completed": "Work done",
    "wo:incomplete": "Visit came to nothing",
    "wo:rescheduled": "Another visit needed",
    "wo:cancelled": "Work order called off",
    "wo:reminded": "Reminded of the visit",
    "wo:escalated": "Visit overdue; escalated",
    "wo:sent_back": "Report sent back to the technician",
    "wo:report_ignored": "Report came too late and changes nothing",
    "wo:unclaimed": "Something was done on site that is not wanted any more",
    "wo:settled": "What was done on site is settled",
}


def work_order_next_step(
    state: WorkOrderState, sent_back: str | None, unclaimed: str | None, called_off: str | None
) -> str:
    """What happens next with an order in that state."""
    if unclaimed:
        return f"{unclaimed} A person sees to it and settles it."
    if sent_back and state not in _FINAL_STATES:
        return f"The report could not be used; the technician reports again: {sent_back}"
    if called_off and state is _W.INCOMPLETE:
        return f"The order is off, and no other visit is needed: {called_off}."
    return _NEXT_STEPS[state]


def work_order_actions(state: WorkOrderState, *, called_off: bool, unclaimed: bool) -> tuple[str, ...]:
    """What can be done with an order: the names of its doors."""
    actions = ["settle"] if unclaimed else []
    if state in _FINAL_STATES or (called_off and state is _W.INCOMPLETE):
        return tuple(actions)
    actions.append("completion")
    if not called_off and state in (_W.CREATED, *_BEFORE_VISIT_STATES):
        actions.append("appointment")
    if state in (*_BEFORE_VISIT_STATES, _W.EN_ROUTE):
        actions.append("progress")
    if _W.CANCELLED in WORK_ORDER_TRANSITIONS[state]:
        actions.append("cancel")
    return tuple(actions)

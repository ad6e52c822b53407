"""What people read about an unenrollment: its next step, its timeline sentences, and why something cannot be done."""

from models.classifications import RemovalMethod
from models.errors import Conflict, IllegalTransition, Invalid, Pointer
from models.states.sync_request import SyncState
from models.states.unenrollment import UnenrollmentState
from wording.links import ENROLLMENTS, UNENROLLMENTS, WORK_ORDERS, link_to

_U = UnenrollmentState
_Y = SyncState

_NEXT_STEPS: dict[UnenrollmentState, str] = {
    _U.SUBMITTED: "The request was received and is checked next.",
    _U.AWAITING_APPROVAL: "A program manager has to approve the request; until then nothing changes.",
    _U.SCHEDULED: "Nothing until the day named; then the devices leave. It can be cancelled until then.",
    _U.REMOVING: "Devices are being fetched or awaited.",
    _U.RECOVERY_PENDING: "The customer has left and nothing is controlled; a device has yet to be fetched.",
    _U.REJECTED: "The request cannot stand, and its reason says why; the customer takes part as before.",
    _U.CANCELLED: "The request was cancelled; the customer takes part as before.",
    _U.NEEDS_ATTENTION: "A device could not be fetched and an operator has been called.",
}
_CUSTOMER_LEFT: dict[SyncState, str] = {
    _Y.PENDING: "The customer has left; the DERMS is notified next.",
    _Y.SENDING: "The customer has left; the DERMS is being notified.",
    _Y.AWAITING_ACKNOWLEDGEMENT: "The customer has left; the DERMS was notified and has yet to acknowledge.",
    _Y.SYNCHRONIZED: "The customer has left and the DERMS holds the devices no more; nothing is left to do.",
    _Y.ERROR: "The customer has left, but the DERMS still holds devices; an operator repairs it.",
    _Y.DISCARDED: "The customer has left; the DERMS had nothing to forget.",
    _Y.CANCELLED: "The customer has left; the DERMS will not be notified and still holds devices.",
}
_DEVICES_LEFT: dict[SyncState, str] = {
    _Y.PENDING: "These devices have left; the DERMS is notified next.",
    _Y.SENDING: "These devices have left; the DERMS is being notified.",
    _Y.AWAITING_ACKNOWLEDGEMENT: "These devices have left; the DERMS was notified and has yet to acknowledge.",
    _Y.SYNCHRONIZED: "These devices have left and the DERMS holds the devices no more; nothing is left to do.",
    _Y.ERROR: "These devices have left, but the DERMS still holds devices; an operator repairs it.",
    _Y.DISCARDED: "These devices have left; the DERMS had nothing to forget.",
    _Y.CANCELLED: "These devices have left; the DERMS will not be notified and still holds devices.",
}
_CUSTOMER_LEFT_WAITING = "The customer has left; the DERMS is notified as soon as it is its turn. It waits for {cause}."
_DEVICES_LEFT_WAITING = (
    "These devices have left; the DERMS is notified as soon as it is its turn. It waits for {cause}."
)

TIMELINE_SENTENCES: dict[str, str] = {
    "unr:submitted": "Unenrollment request received",
    "unr:awaiting_approval": "Waiting for approval",
    "unr:approved": "Approved",
    "unr:scheduled": "Waiting for its day",
    "unr:approval_dropped": "Approval no longer needed: the customer moves out",
    "unr:brought_forward": "Moved to an earlier day",
    "unr:put_off": "Moved to a later day",
    "unr:removing": "Devices being fetched",
    "unr:unenrolled": "Unenrolled",
    "unr:rejected": "Not possible",
    "unr:cancelled": "Cancelled",
    "unr:needs_attention": "Stuck; needs attention",
    "unr:recovery_pending": "Unenrolled; a device has yet to be fetched",
    "unr:reminded": "Reminded of a device that has not come back",
    "unr:escalated": "Escalated: a device has not come back",
    "unr:kept": "A device is to stay where it is",
    "unr:retried": "Tried again",
    "unr:flow_started_again": "Workflow started again",
}


def unenrollment_next_step(
    state: UnenrollmentState, synchronization: SyncState | None, waits_for: str = "", *, whole: bool = True
) -> str:
    """Returns what happens next. `synchronization`: the state of its latest sync request; `waits_for`: what that waits
    for, in words; `whole`: the whole subscription ends, rather than the participation of some devices."""
    if state is not _U.UNENROLLED:
        return _NEXT_STEPS[state]
    if waits_for:
        return (_CUSTOMER_LEFT_WAITING if whole else _DEVICES_LEFT_WAITING).format(cause=waits_for)
    return (_CUSTOMER_LEFT if whole else _DEVICES_LEFT)[synchronization or _Y.DISCARDED]


def suggest_instead_of_receipt(method: RemovalMethod) -> str:
    """Returns what helps somebody who reports the receipt of a device that is not to be shipped back."""
    if method is RemovalMethod.KEEP:
        return "Nothing needs to be done: the device stays where it is."
    return f"A technician reports what they fetched: POST {WORK_ORDERS}/{{id}}/completion."


def removal_waits_for_person(why: str, unenrollment_id: str, device_id: str) -> str:
    """Returns what the Temporal UI shows of a device that could not be fetched. `why`: a whole sentence."""
    here = link_to(unenrollment_id)
    return f"{why} Retry it, or end it as kept: POST {here}/retry or {here}/devices/{device_id}/kept."


def not_removing(state: UnenrollmentState, unenrollment_id: str) -> IllegalTransition:
    """Returns the problem: no device is being fetched."""
    return IllegalTransition(
        f"The unenrollment is {state}; no device is being fetched.",
        fix=f"The next_step of {link_to(unenrollment_id)} says what it waits for.",
    )


def nothing_to_approve(state: UnenrollmentState) -> IllegalTransition:
    """Returns the problem: the unenrollment does not wait for approval."""
    return IllegalTransition(
        f"The unenrollment is {state}; there is nothing to approve.",
        fix=f"GET {UNENROLLMENTS}?state=awaiting_approval lists those that wait.",
    )


def unknown_subscription() -> Invalid:
    """Returns the problem: there is no such subscription to end."""
    return Invalid(
        "There is no such subscription; nothing was stored.",
        fix=f"GET {ENROLLMENTS}/{{id}} names the subscription of an enrollment.",
        code="unknown-reference",
        pointers=[Pointer("/subscription", "there is no such subscription")],
    )


def still_enrolling(enrollment_id: str) -> Conflict:
    """Returns the problem: the enrollment has not ended, so there is no participation to end."""
    return Conflict(
        "The enrollment is still under way; there is no participation to end yet.",
        fix=f"Cancel it instead: POST {link_to(enrollment_id)}/cancel.",
        code="still-enrolling",
    )


def unenrollment_already_open(unenrollment_id: str) -> Conflict:
    """Returns the problem: a subscription has at most one open unenrollment."""
    return Conflict(
        f"The subscription is being left already: {unenrollment_id}.",
        fix=f"See GET {link_to(unenrollment_id)}; cancel it first to ask for something else.",
        code="unenrollment-open",
    )

"""What people read about an enrollment: its next step, its timeline sentences, and why something cannot be done."""

from collections.abc import Sequence

from models.errors import Conflict, Invalid, Pointer
from models.states.enrollment import EnrollmentState
from models.states.sync_request import SyncState
from wording.links import CUSTOMERS, PROGRAMS, UNENROLLMENTS, link_to

_E = EnrollmentState
_Y = SyncState

_NEXT_STEPS: dict[EnrollmentState, str] = {
    _E.SUBMITTED: "The request was received and is checked next.",
    _E.VALIDATING: "The request is being checked.",
    _E.REJECTED: "The request does not qualify; the decision says what would change that.",
    _E.WAITLISTED: "The program is full. The waitlist is served in order; nothing needs to be done.",
    _E.AWAITING_APPROVAL: "Somebody has to approve the request.",
    _E.ACCEPTED: "The request is accepted; the devices are set up next.",
    _E.DEVICE_SETUP: "The devices are being set up.",
    _E.AWAITING_SITE_VISIT: "A technician will visit.",
    _E.COMPLETING: "The devices are being associated with the program.",
    _E.CANCELLED: "The request was cancelled. A new one can be made at any time.",
    _E.EXPIRED: "The request expired. A new one can be made at any time.",
    _E.NEEDS_ATTENTION: "The request is stuck and an operator has been called.",
}

_NEXT_STEPS_WHEN_ENROLLED: dict[SyncState, str] = {
    _Y.PENDING: "The customer is enrolled; the DERMS is notified next.",
    _Y.SENDING: "The customer is enrolled; the DERMS is being notified.",
    _Y.AWAITING_ACKNOWLEDGEMENT: "The customer is enrolled; the DERMS was notified and has yet to acknowledge.",
    _Y.SYNCHRONIZED: "The customer is enrolled and the DERMS controls the devices; nothing is left to do.",
    _Y.ERROR: "The customer is enrolled, but the DERMS does not have the devices; an operator repairs it.",
    _Y.DISCARDED: "The customer is enrolled; the DERMS knew already.",
    _Y.CANCELLED: "The customer is enrolled; the DERMS will not be notified, so it does not control the devices.",
}

TIMELINE_SENTENCES: dict[str, str] = {
    "enr:submitted": "Request received",
    "enr:validating": "Checked against the program's rules",
    "enr:rejected": "Not eligible",
    "enr:waitlisted": "Put on the waitlist",
    "enr:awaiting_approval": "Waiting for approval",
    "enr:accepted": "Accepted",
    "enr:device_setup": "Device setup started",
    "enr:awaiting_site_visit": "A technician will visit",
    "enr:completing": "Device setup done",
    "enr:enrolled": "Enrolled",
    "enr:cancelled": "Cancelled",
    "enr:expired": "Expired",
    "enr:needs_attention": "Stuck; needs attention",
    "enr:flow_started_again": "Workflow started again",
}


def enrollment_next_step(state: EnrollmentState, synchronization: SyncState | None) -> str:
    """Returns what happens next with an enrollment. `synchronization`: the state of its latest sync request."""
    if state is _E.ENROLLED:
        return _NEXT_STEPS_WHEN_ENROLLED[synchronization or _Y.PENDING]
    return _NEXT_STEPS[state]


def already_enrolled() -> Conflict:
    """Returns the problem: an enrollment that has ended well cannot be canceled."""
    return Conflict(
        "The customer is enrolled already; there is no request left to cancel.",
        fix=f"End the participation instead: POST {UNENROLLMENTS} with the subscription that its view names.",
        code="already-enrolled",
    )


def unknown_references(errors: Sequence[Pointer]) -> Invalid:
    """Returns the problem: the request names an account, service point or program that does not exist or fit."""
    return Invalid(
        "The request names things that do not exist or do not belong together; nothing was stored.",
        fix=f"Correct what the pointers name. GET {CUSTOMERS}?q= finds accounts and service points, "
        f"GET {PROGRAMS} the programs.",
        code="unknown-reference",
        pointers=errors,
    )


def enrollment_waits_for_person(why: str, enrollment_id: str) -> str:
    """Returns what the Temporal UI shows of a parked enrollment. `why`: a whole sentence."""
    return f"{why} Retry or cancel it: POST {link_to(enrollment_id)}/retry or /cancel."

"""What people are told: what happened, what happens next, what they can do. The same words wherever it is shown."""

from models.states import ENROLLMENT_TRANSITIONS, EnrollmentState, SyncState
from rules import field_work_guidance, service_call_guidance

_NEXT: dict[EnrollmentState, str] = {
    EnrollmentState.SUBMITTED: "The request was received and is checked next.",
    EnrollmentState.VALIDATING: "The request is being checked.",
    EnrollmentState.REJECTED: "The request does not qualify; the decision says what would change that.",
    EnrollmentState.WAITLISTED: "The program is full. The waitlist is served in order; nothing needs to be done.",
    EnrollmentState.AWAITING_APPROVAL: "Somebody has to approve the request.",
    EnrollmentState.ACCEPTED: "The request is accepted; the devices are set up next.",
    EnrollmentState.DEVICE_SETUP: "The devices are being set up.",
    EnrollmentState.AWAITING_SITE_VISIT: "A technician will visit.",
    EnrollmentState.COMPLETING: "The devices are being associated with the program.",
    EnrollmentState.CANCELLED: "The request was cancelled. A new one can be made at any time.",
    EnrollmentState.EXPIRED: "The request expired. A new one can be made at any time.",
    EnrollmentState.NEEDS_ATTENTION: "The request is stuck and an operator has been called.",
}

_AFTER_ENROLLED: dict[SyncState, str] = {
    SyncState.PENDING: "The customer is enrolled; the DERMS is told next.",
    SyncState.SENDING: "The customer is enrolled; the DERMS is being told.",
    SyncState.AWAITING_ACKNOWLEDGEMENT: "The customer is enrolled; the DERMS has been told and has yet to acknowledge.",
    SyncState.SYNCHRONIZED: "Nothing: the customer is enrolled and the DERMS controls the devices.",
    SyncState.ERROR: "The customer is enrolled, but the DERMS does not have the devices; an operator repairs it.",
    SyncState.DISCARDED: "Nothing: the DERMS knew already.",
    SyncState.CANCELLED: "The customer is enrolled; the DERMS will not be told, so the devices are not controllable.",
}

_WORDS: dict[str, str] = {
    "enr:submitted": "Request received",
    "enr:validating": "Checked against the program's rules",
    "enr:rejected": "Not eligible",
    "enr:waitlisted": "Put on the waitlist",
    "enr:accepted": "Accepted",
    "enr:device_setup": "Device setup begun",
    "enr:completing": "Device setup done",
    "enr:enrolled": "Enrolled",
    "enr:cancelled": "Cancelled",
    "enr:needs_attention": "Stuck; needs attention",
    **field_work_guidance.WORDS,
    **service_call_guidance.WORDS,
    "enr:awaiting_site_visit": "A technician will visit",
    "enr:expired": "Expired",
    "sub:pending": "Subscription waits for its device",
    "sub:cancelled": "Subscription cancelled",
    "sub:active": "Subscription active",
    "dev:installed": "Device in place",
    "dev:enrolled": "Device enrolled",
    "dev:registering": "Device being registered",
    "dev:registered": "Device registered by the DERMS",
    "dev:registration_failed": "Device not registered by the DERMS",
    "dev:removing": "Device being let go",
    "dev:deregistered": "Device let go by the DERMS",
    "dev:removed": "Device removed",
    "dev:kept": "Device stays where it is",
    "dev:fetched": "Device taken away",
    "sub:ending": "Subscription about to end",
    "sub:ended": "Subscription ended",
    "unr:submitted": "Request to leave received",
    "unr:awaiting_approval": "Waiting for approval",
    "unr:approved": "Approved",
    "unr:scheduled": "Waiting for its day",
    "unr:brought_forward": "Brought forward",
    "unr:removing": "Devices being fetched",
    "unr:unenrolled": "Unenrolled",
    "unr:rejected": "Not possible",
    "unr:cancelled": "Taken back",
    "unr:needs_attention": "Stuck; needs attention",
    "unr:recovery_pending": "Left; a device is still to be fetched",
    "unr:reminded": "Reminded of a device that has not come back",
    "unr:escalated": "Escalated: a device has not come back",
    "unr:kept": "A device is to stay where it is",
    "unr:retried": "Tried again",
    "syn:pending": "To be told to the DERMS",
    "syn:sending": "Being sent to the DERMS",
    "syn:awaiting_acknowledgement": "Sent to the DERMS",
    "syn:synchronized": "Acknowledged by the DERMS",
    "syn:error": "Not synchronized",
    "syn:cancelled": "Synchronization given up",
    "syn:discarded": "Not told separately to the DERMS",
    "syn:released": "Released to be sent to the DERMS",
    "dev:not_deregistered": "Device not let go by the DERMS",
}


def in_words(action: str) -> str:
    """An audit entry's action as a person says it."""
    kind, _, what = action.partition(":")
    return _WORDS.get(action) or f"{kind} {what}".replace("_", " ").strip()


def next_step(state: EnrollmentState, synchronization: SyncState | None) -> str:
    """What happens next with an enrolment in that state."""
    if state is EnrollmentState.ENROLLED:
        return _AFTER_ENROLLED[synchronization or SyncState.PENDING]
    return _NEXT[state]


def enrollment_actions(state: EnrollmentState) -> tuple[str, ...]:
    """What can be done with an enrolment: the names of its doors."""
    actions = ["cancel"] if EnrollmentState.CANCELLED in ENROLLMENT_TRANSITIONS[state] else []
    if state is EnrollmentState.NEEDS_ATTENTION:
        actions.append("retry")
    return tuple(actions)


def sync_actions(state: SyncState) -> tuple[str, ...]:
    """What can be done with a sync request: the names of its doors."""
    return ("retry", "cancel") if state is SyncState.ERROR else ()

"""What people are told: what happened, what happens next, what they can do. The same words wherever it is shown."""

from models.states.enrollment import ENROLLMENT_TRANSITIONS, EnrollmentState
from models.states.sync_request import SyncState
from wording.timeline import REVERSAL_SENTENCES, TIMELINE_SENTENCES

_NEXT_STEPS: dict[EnrollmentState, str] = {
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

_NEXT_STEPS_WHEN_ENROLLED: dict[SyncState, str] = {
    SyncState.PENDING: "The customer is enrolled; the DERMS is told next.",
    SyncState.SENDING: "The customer is enrolled; the DERMS is being told.",
    SyncState.AWAITING_ACKNOWLEDGEMENT: "The customer is enrolled; the DERMS has been told and has yet to acknowledge.",
    SyncState.SYNCHRONIZED: "The customer is enrolled and the DERMS controls the devices; nothing is left to do.",
    SyncState.ERROR: "The customer is enrolled, but the DERMS does not have the devices; an operator repairs it.",
    SyncState.DISCARDED: "The customer is enrolled; the DERMS knew already.",
    SyncState.CANCELLED: "The customer is enrolled; the DERMS will not be told, so the devices are not controllable.",
}


def describe_action(action: str, before: str | None = None) -> str:
    """An audit entry's action as a person says it; `before` is the state it led away from."""
    return (
        REVERSAL_SENTENCES.get((action, before or ""))
        or TIMELINE_SENTENCES.get(action)
        or action.replace(":", " ").replace("_", " ")
    )


def enrollment_next_step(state: EnrollmentState, synchronization: SyncState | None) -> str:
    """What happens next with an enrolment in that state."""
    if state is EnrollmentState.ENROLLED:
        return _NEXT_STEPS_WHEN_ENROLLED[synchronization or SyncState.PENDING]
    return _NEXT_STEPS[state]


def enrollment_actions(state: EnrollmentState) -> tuple[str, ...]:
    """What can be done with an enrolment: the names of its doors."""
    actions = ["cancel"] if EnrollmentState.CANCELLED in ENROLLMENT_TRANSITIONS[state] else []
    if state is EnrollmentState.NEEDS_ATTENTION:
        actions.append("retry")
    return tuple(actions)


def describe_blocking_sync_request(sync_request: str, state: SyncState) -> str:
    """The change that another one of the same subscription waits for."""
    if state is SyncState.ERROR:
        door = f"POST /v1/sync-requests/{sync_request}"
        return (
            f"{sync_request}, which is in error: correct the data and retry it, or give it up: {door}/retry or /cancel"
        )
    return f"{sync_request}, which is {state.replace('_', ' ')}"


def sync_request_actions(state: SyncState) -> tuple[str, ...]:
    """What can be done with a sync request: the names of its doors."""
    return ("retry", "cancel") if state is SyncState.ERROR else ()

"""What people read about a head-end request: its next step, its timeline sentences, and failed status checks."""

from models.states.head_end import HeadEndOutcome, HeadEndRequestState, RequestKind

_Q = HeadEndRequestState
_NEXT_STEPS: dict[HeadEndRequestState, str] = {
    _Q.PENDING: "The head-end is asked next, again and again while it cannot be reached.",
    _Q.ASKED: "The head-end answers; should it not, it is asked what became of the request.",
    _Q.GIVEN_UP: "It was not answered in time; an answer that comes all the same still counts.",
}
_NEXT_STEPS_AFTER_FAILURE: dict[HeadEndOutcome, str] = {
    HeadEndOutcome.OFFLINE: "The device is offline: have it switched on and connected.",
    HeadEndOutcome.UNKNOWN: "The device is unknown there: have it set up in the vendor's app, or correct its numbers.",
    HeadEndOutcome.FAILED: "The device reports a fault: have it repaired.",
}
_STATUS_CHECK_FAILURES: dict[HeadEndOutcome, str] = {
    HeadEndOutcome.OFFLINE: "A device of {head_end} is offline: have it switched on and connected ({request}).",
    HeadEndOutcome.UNKNOWN: (
        "A device of {head_end} is unknown there: have it set up in the vendor's app, or correct its numbers "
        "({request})."
    ),
    HeadEndOutcome.FAILED: "A device of {head_end} reports a fault: have it repaired ({request}).",
}
_STATUS_CHECK_UNANSWERED = "A device of {head_end} was not answered for in time ({request})."

TIMELINE_SENTENCES: dict[str, str] = {
    "her:pending": "Request to the head-end",
    "her:asked": "Head-end asked",
    "her:answered": "Head-end answered",
    "her:given_up": "Head-end not waited for any longer",
}


def describe_failed_status_check(head_end: str, outcome: str | None, request_id: str) -> str:
    """Returns what is wrong with a device that does not answer well. It names the request instead of the device, whose
    numbers are personal data."""
    sentence = _STATUS_CHECK_FAILURES[HeadEndOutcome(outcome)] if outcome else _STATUS_CHECK_UNANSWERED
    return sentence.format(head_end=head_end, request=request_id)


def head_end_next_step(state: HeadEndRequestState, kind: RequestKind, outcome: str | None) -> str:
    """Returns what happens next, or what a person should do about the device."""
    if outcome is None:
        return _NEXT_STEPS[state]
    if outcome == HeadEndOutcome.OK:
        return "The device answers." if kind.remote_action is None else "The device carried out the command."
    return _NEXT_STEPS_AFTER_FAILURE[HeadEndOutcome(outcome)]

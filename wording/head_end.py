"""What a head-end said of a device, and what happens next with what it was asked, in plain words."""

from models.states.head_end import HeadEndOutcome, HeadEndRequestState, RequestKind

_Q = HeadEndRequestState
_DEVICE_PROBLEMS: dict[HeadEndOutcome, str] = {
    HeadEndOutcome.OFFLINE: "is offline: have it switched on and connected",
    HeadEndOutcome.UNKNOWN: "is unknown there: have it set up in the vendor's app, or correct its numbers",
    HeadEndOutcome.FAILED: "reports a fault: have it repaired",
}
_NEXT_STEPS: dict[HeadEndRequestState, str] = {
    _Q.PENDING: "The head-end is asked next, again and again while it cannot be reached.",
    _Q.ASKED: "The head-end answers; should it not, it is asked what became of the question.",
    _Q.GIVEN_UP: "It was not answered in time; an answer that comes all the same still counts.",
}


def describe_device_problem(outcome: str | None) -> str:
    """How the device stands that was asked after and does not answer well."""
    return _DEVICE_PROBLEMS[HeadEndOutcome(outcome)] if outcome else "was not answered for in time"


def head_end_next_step(state: HeadEndRequestState, kind: RequestKind, outcome: str | None) -> str:
    """What happens next, or what shall be done about the device."""
    if outcome is None:
        return _NEXT_STEPS[state]
    if outcome == HeadEndOutcome.OK:
        return "The device answers." if kind.remote_action is None else "The device did as it was told."
    return f"The device {describe_device_problem(outcome)}."

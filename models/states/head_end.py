"""What can be asked of a device through its head-end: actions, outcomes, states and transitions."""

from enum import StrEnum


class HeadEndRequestState(StrEnum):
    """Something asked of a device through its head-end. Given up: an answer that comes all the same still counts."""

    PENDING = "pending"
    ASKED = "asked"
    ANSWERED = "answered"
    GIVEN_UP = "given_up"


_Q = HeadEndRequestState


HEAD_END_REQUEST_TRANSITIONS: dict[HeadEndRequestState, frozenset[HeadEndRequestState]] = {
    _Q.PENDING: frozenset({_Q.ASKED, _Q.ANSWERED, _Q.GIVEN_UP}),
    _Q.ASKED: frozenset({_Q.ANSWERED, _Q.GIVEN_UP}),
    _Q.GIVEN_UP: frozenset({_Q.ANSWERED}),
    _Q.ANSWERED: frozenset(),
}


class RemoteAction(StrEnum):
    """A remote action on a device."""

    PING = "ping"
    RESTART = "restart"
    RESET = "reset"


class RequestKind(StrEnum):
    """A question after a device's status, or one of the actions."""

    STATUS_CHECK = "status_check"
    PING = "ping"
    RESTART = "restart"
    RESET = "reset"

    @property
    def remote_action(self) -> RemoteAction | None:
        """The action it is; None for a status check."""
        return None if self is RequestKind.STATUS_CHECK else RemoteAction(self.value)


class HeadEndOutcome(StrEnum):
    """What a request came to."""

    OK = "ok"
    """The device responds, or performed the action."""
    OFFLINE = "offline"
    """The head-end knows the device and cannot reach it."""
    UNKNOWN = "unknown"
    """The head-end has never seen the device: it is not set up yet, or its numbers are wrong."""
    FAILED = "failed"
    """The device was reached and could not do it."""

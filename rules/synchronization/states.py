"""The states that a sync request goes through when it is sent, answered, or cannot be sent."""

from models.states.sync_request import SyncState
from rules.synchronization.order import UNANSWERED_ERRORS

_Y = SyncState
_PATHS_TO_ERROR: dict[SyncState, tuple[SyncState, ...]] = {
    _Y.PENDING: (_Y.SENDING, _Y.ERROR),
    _Y.SENDING: (_Y.ERROR,),
    _Y.AWAITING_ACKNOWLEDGEMENT: (_Y.ERROR,),
}


def states_when_sending(state: SyncState, error_code: str | None) -> tuple[SyncState, ...] | None:
    """Return the path of a request that is sent, or sent again; None if it is not to be sent in this state."""
    if state is _Y.SENDING:
        return ()
    if state in (_Y.PENDING, _Y.AWAITING_ACKNOWLEDGEMENT):
        return (_Y.SENDING,)
    if state is _Y.ERROR and error_code in UNANSWERED_ERRORS:
        return (_Y.PENDING, _Y.SENDING)
    return None


def states_when_acknowledged(state: SyncState, after: SyncState | None) -> tuple[SyncState, ...]:
    """Return the path to the state that an answer leads to. A request in error for lack of an answer is first taken up
    again."""
    if after is None:
        return ()
    if state is _Y.ERROR:
        return (_Y.PENDING, _Y.SENDING, after)
    return () if state is after else (after,)


def states_when_failed(state: SyncState) -> tuple[SyncState, ...] | None:
    """Return the path of a request that could not be sent; None if an answer has come meanwhile."""
    return _PATHS_TO_ERROR.get(state)

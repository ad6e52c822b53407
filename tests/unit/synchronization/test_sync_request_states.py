"""The paths of sync requests lead along the transition table."""

from itertools import pairwise

import pytest

from models.states.sync_request import SYNC_TRANSITIONS, SyncState
from rules.synchronization.order import UNANSWERED_ERRORS
from rules.synchronization.states import states_when_acknowledged, states_when_failed, states_when_sending

_Y = SyncState


def check_is_legal(state: SyncState, path: tuple[SyncState, ...]) -> None:
    for before, after in pairwise((state, *path)):
        assert after in SYNC_TRANSITIONS[before]


@pytest.mark.parametrize("state", SyncState)
@pytest.mark.parametrize("error_code", [None, *sorted(UNANSWERED_ERRORS)])
def test_a_request_that_is_sent_ends_in_sending(state: SyncState, error_code: str | None) -> None:
    path = states_when_sending(state, error_code)
    if path is not None:
        check_is_legal(state, path)
        assert (state, *path)[-1] is _Y.SENDING


def test_a_request_that_the_derms_refused_is_not_sent_by_itself() -> None:
    assert states_when_sending(_Y.ERROR, "der-not-found") is None
    assert states_when_sending(_Y.SYNCHRONIZED, None) is None


@pytest.mark.parametrize("state", SyncState)
def test_a_request_that_cannot_be_sent_ends_in_error(state: SyncState) -> None:
    path = states_when_failed(state)
    if path is not None:
        check_is_legal(state, path)
        assert path[-1] is _Y.ERROR


@pytest.mark.parametrize("state", [_Y.SENDING, _Y.AWAITING_ACKNOWLEDGEMENT, _Y.ERROR])
@pytest.mark.parametrize("after", [_Y.SYNCHRONIZED, _Y.ERROR])
def test_an_answer_leads_to_its_state(state: SyncState, after: SyncState) -> None:
    path = states_when_acknowledged(state, after)
    check_is_legal(state, path)
    assert (state, *path)[-1] is after


def test_an_answer_without_effect_moves_nothing() -> None:
    assert states_when_acknowledged(_Y.SENDING, None) == ()

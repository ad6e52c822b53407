"""Which change waits for which, which are merged, and when there is nothing to send."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from models.states.sync_request import SyncKind, SyncState
from rules.synchronization.order import (
    FINAL_STATES,
    UNANSWERED_ERRORS,
    EarlierRequest,
    find_blocking_request,
    is_already_synchronized,
    is_obsolete,
    plan_sync_request,
)

PENDING, ERROR, SYNCHRONIZED = SyncState.PENDING, SyncState.ERROR, SyncState.SYNCHRONIZED
DISCARDED, CANCELLED = SyncState.DISCARDED, SyncState.CANCELLED
ENROLL, UNENROLL, UPDATE, REPLACE = SyncKind.ENROLL, SyncKind.UNENROLL, SyncKind.UPDATE, SyncKind.REPLACE_DEVICE


def build_request(sequence: int, state: SyncState, kind: SyncKind = ENROLL, attempts: int = 0) -> EarlierRequest:
    return EarlierRequest(f"syn_{sequence}", sequence, kind, state, attempts)


@some.composite
def histories(draw: some.DrawFn) -> list[EarlierRequest]:
    """Generate all requests of one subscription."""
    states = draw(some.lists(some.sampled_from(SyncState), max_size=8))
    return [
        build_request(
            at,
            state,
            draw(some.sampled_from(SyncKind)),
            draw(some.integers(0 if state in (PENDING, DISCARDED) else 1, 3)),
        )
        for at, state in enumerate(states, 1)
    ]


@pytest.mark.parametrize("state", sorted(set(SyncState) - FINAL_STATES))
def test_a_later_change_waits_for_one_that_is_not_final(state: SyncState) -> None:
    assert find_blocking_request(2, [build_request(1, state)]) == build_request(1, state)


@pytest.mark.parametrize("state", sorted(FINAL_STATES))
def test_final_requests_block_nothing(state: SyncState) -> None:
    assert find_blocking_request(2, [build_request(1, state)]) is None


def test_a_request_waits_for_its_predecessor() -> None:
    assert find_blocking_request(
        3, [build_request(1, ERROR), build_request(2, ERROR), build_request(4, ERROR)]
    ) == build_request(2, ERROR)


@given(histories())
def test_at_most_one_request_of_a_subscription_may_be_sent(history: list[EarlierRequest]) -> None:
    may = [
        one for one in history if one.state not in FINAL_STATES and find_blocking_request(one.sequence, history) is None
    ]
    assert len(may) == any(one.state not in FINAL_STATES for one in history)


@given(histories(), some.sampled_from(SyncKind), some.booleans())
def test_only_unsent_requests_are_merged(history: list[EarlierRequest], kind: SyncKind, enrolled: bool) -> None:
    joined = plan_sync_request(kind, history, anyone_enrolled=enrolled).merged
    assert set(joined) == {one.id for one in history if one.state is PENDING and not one.attempts}


@given(histories(), some.sampled_from(SyncKind), some.booleans())
def test_the_derms_is_notified_of_everything_it_may_know(
    history: list[EarlierRequest], kind: SyncKind, enrolled: bool
) -> None:
    if plan_sync_request(kind, history, anyone_enrolled=enrolled).is_unnecessary:
        assert not enrolled
        assert all(one.attempts == 0 for one in history if one.state is not DISCARDED)


@pytest.mark.parametrize(
    ("earlier", "enrolled", "nothing"),
    [
        ([build_request(1, PENDING)], False, True),
        ([build_request(1, PENDING)], True, False),
        ([build_request(1, PENDING, attempts=1)], False, False),
        ([build_request(1, SYNCHRONIZED, attempts=1)], False, False),
        ([build_request(1, CANCELLED, attempts=1), build_request(2, PENDING, UPDATE)], False, False),
        ([build_request(1, DISCARDED), build_request(2, PENDING, UPDATE)], False, True),
        ([], False, False),
    ],
)
def test_an_enrollment_and_unenrollment_before_any_send_notify_nobody(
    earlier: list[EarlierRequest], enrolled: bool, nothing: bool
) -> None:
    assert plan_sync_request(UNENROLL, earlier, anyone_enrolled=enrolled).is_unnecessary is nothing


@pytest.mark.parametrize(
    ("earlier", "kind", "enrolled", "becomes"),
    [
        (ENROLL, UPDATE, True, ENROLL),
        (ENROLL, REPLACE, True, ENROLL),
        (ENROLL, UNENROLL, True, ENROLL),
        (REPLACE, UPDATE, True, REPLACE),
        (UPDATE, UNENROLL, False, UNENROLL),
        (UPDATE, REPLACE, True, REPLACE),
    ],
)
def test_a_merged_change_names_both_purposes(
    earlier: SyncKind, kind: SyncKind, enrolled: bool, becomes: SyncKind
) -> None:
    history = [build_request(1, SYNCHRONIZED, attempts=1), build_request(2, PENDING, earlier)]
    assert plan_sync_request(kind, history, anyone_enrolled=enrolled).kind is becomes


@pytest.mark.parametrize(
    ("last_sent", "last_hash", "expected"),
    [(SYNCHRONIZED, "a", True), (SYNCHRONIZED, "b", False), (CANCELLED, "a", False), (None, None, False)],
)
def test_an_equal_snapshot_is_no_news(last_sent: SyncState | None, last_hash: str | None, expected: bool) -> None:
    assert is_already_synchronized("a", last_sent, last_hash) is expected


@pytest.mark.parametrize("state", SyncState)
def test_only_refused_requests_are_obsolete_without_participants(state: SyncState) -> None:
    assert is_obsolete(state, "UNKNOWN_FEEDER") is (state is ERROR)
    assert not any(is_obsolete(state, unanswered) for unanswered in UNANSWERED_ERRORS)

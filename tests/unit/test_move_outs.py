"""What follows for one who takes part from what the CIS says (docs/domain.md#move-out)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from models.task_states import UnenrollmentState
from rules.move_outs import Holder, News, Open, Steps, moved_out, what_follows

_U = UnenrollmentState
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
PAST, SOON, LATE = NOW - timedelta(days=2), NOW + timedelta(days=10), NOW + timedelta(days=90)


def cis(state: UnenrollmentState, at: datetime) -> Open:
    return Open(by_cis=True, state=state, effective_at=at, wished_at=at)


def own(state: UnenrollmentState, wished: datetime, at: datetime | None = None) -> Open:
    return Open(by_cis=False, state=state, effective_at=at or wished, wished_at=wished)


@pytest.mark.parametrize(
    ("leaves", "heard", "found", "steps"),
    [
        (None, False, None, Steps()),
        (PAST, False, None, Steps(start=True)),
        (SOON, False, None, Steps(start=True)),
        (SOON, True, None, Steps()),
        # the CIS's own
        (SOON, True, cis(_U.SCHEDULED, SOON), Steps()),
        (LATE, False, cis(_U.SCHEDULED, SOON), Steps(effective_at=LATE)),
        (PAST, False, cis(_U.SCHEDULED, SOON), Steps(effective_at=NOW)),
        (None, False, cis(_U.SCHEDULED, SOON), Steps(take_back=True)),
        (None, False, cis(_U.REMOVING, PAST), Steps(take_back=True)),
        (SOON, False, cis(_U.REMOVING, PAST), Steps(take_back=True, start=True)),
        (PAST, True, cis(_U.REMOVING, PAST), Steps()),
        (PAST, True, cis(_U.SUBMITTED, PAST), Steps()),
        # somebody else's
        (None, False, own(_U.SCHEDULED, LATE), Steps()),
        (SOON, False, own(_U.SCHEDULED, LATE), Steps(effective_at=SOON)),
        (SOON, False, own(_U.SCHEDULED, LATE, at=SOON), Steps()),
        (None, False, own(_U.SCHEDULED, LATE, at=SOON), Steps(effective_at=LATE)),
        (LATE, False, own(_U.SCHEDULED, SOON), Steps()),
        (PAST, False, own(_U.REMOVING, PAST), Steps()),
        (SOON, False, own(_U.AWAITING_APPROVAL, PAST), Steps()),
        (PAST, False, own(_U.AWAITING_APPROVAL, PAST), Steps(drop_approval=True)),
        (PAST, False, own(_U.AWAITING_APPROVAL, LATE), Steps(effective_at=NOW, drop_approval=True)),
    ],
)
def test_one_subscription_is_left_once(leaves: datetime | None, heard: bool, found: Open | None, steps: Steps) -> None:
    assert what_follows(News(leaves, heard, found), NOW) == steps


WHO, TODAY = Holder("A-1", "cus_1"), date(2026, 7, 1)


@pytest.mark.parametrize(
    ("holder", "ends", "gone"),
    [
        (WHO, None, False),
        (WHO, TODAY + timedelta(days=1), False),
        (WHO, TODAY, True),
        (Holder("A-2", "cus_1"), None, True),
        (Holder("A-1", "cus_2"), None, True),
    ],
)
def test_gone_is_who_has_it_no_more_from_that_very_day(holder: Holder, ends: date | None, gone: bool) -> None:
    assert moved_out(WHO, holder, ends, TODAY) is gone

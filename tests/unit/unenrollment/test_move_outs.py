"""What follows for a participant from the CIS records (docs/domain.md#move-out)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from models.states.unenrollment import UnenrollmentState
from rules.unenrollment.move_outs import (
    MoveOutSteps,
    OccupancyUpdate,
    OpenUnenrollment,
    ServicePointHolder,
    decide_move_out,
    has_moved_out,
)

_U = UnenrollmentState
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
PAST, SOON, LATE = NOW - timedelta(days=2), NOW + timedelta(days=10), NOW + timedelta(days=90)


def cis(state: UnenrollmentState, at: datetime) -> OpenUnenrollment:
    return OpenUnenrollment(by_cis=True, state=state, effective_at=at, requested_at=at)


def own(state: UnenrollmentState, wished: datetime, at: datetime | None = None) -> OpenUnenrollment:
    return OpenUnenrollment(by_cis=False, state=state, effective_at=at or wished, requested_at=wished)


@pytest.mark.parametrize(
    ("leaves", "heard", "found", "steps"),
    [
        (None, False, None, MoveOutSteps()),
        (PAST, False, None, MoveOutSteps(start=True)),
        (SOON, False, None, MoveOutSteps(start=True)),
        (SOON, True, None, MoveOutSteps()),
        # the CIS's own
        (SOON, True, cis(_U.SCHEDULED, SOON), MoveOutSteps()),
        (LATE, False, cis(_U.SCHEDULED, SOON), MoveOutSteps(effective_at=LATE)),
        (PAST, False, cis(_U.SCHEDULED, SOON), MoveOutSteps(effective_at=NOW)),
        (None, False, cis(_U.SCHEDULED, SOON), MoveOutSteps(cancel=True)),
        (None, False, cis(_U.REMOVING, PAST), MoveOutSteps(cancel=True)),
        (SOON, False, cis(_U.REMOVING, PAST), MoveOutSteps(cancel=True, start=True)),
        (PAST, True, cis(_U.REMOVING, PAST), MoveOutSteps()),
        (PAST, True, cis(_U.SUBMITTED, PAST), MoveOutSteps()),
        # another customer's
        (None, False, own(_U.SCHEDULED, LATE), MoveOutSteps()),
        (SOON, False, own(_U.SCHEDULED, LATE), MoveOutSteps(effective_at=SOON)),
        (SOON, False, own(_U.SCHEDULED, LATE, at=SOON), MoveOutSteps()),
        (None, False, own(_U.SCHEDULED, LATE, at=SOON), MoveOutSteps(effective_at=LATE)),
        (LATE, False, own(_U.SCHEDULED, SOON), MoveOutSteps()),
        (PAST, False, own(_U.REMOVING, PAST), MoveOutSteps()),
        (SOON, False, own(_U.AWAITING_APPROVAL, PAST), MoveOutSteps()),
        (PAST, False, own(_U.AWAITING_APPROVAL, PAST), MoveOutSteps(drop_approval=True)),
        (PAST, False, own(_U.AWAITING_APPROVAL, LATE), MoveOutSteps(effective_at=NOW, drop_approval=True)),
    ],
)
def test_a_subscription_is_ended_once(
    leaves: datetime | None, heard: bool, found: OpenUnenrollment | None, steps: MoveOutSteps
) -> None:
    assert decide_move_out(OccupancyUpdate(leaves, heard, found), NOW) == steps


WHO, TODAY = ServicePointHolder("A-1", "cus_1"), date(2026, 7, 1)


@pytest.mark.parametrize(
    ("holder", "ends", "gone"),
    [
        (WHO, None, False),
        (WHO, TODAY + timedelta(days=1), False),
        (WHO, TODAY, True),
        (ServicePointHolder("A-2", "cus_1"), None, True),
        (ServicePointHolder("A-1", "cus_2"), None, True),
    ],
)
def test_a_move_out_takes_effect_on_its_date(holder: ServicePointHolder, ends: date | None, gone: bool) -> None:
    assert has_moved_out(WHO, holder, ends, TODAY) is gone

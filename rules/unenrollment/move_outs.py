"""What follows for one who takes part from what the CIS says of their service point (docs/domain.md#move-out).

Who has moved out takes part no longer, whatever else they asked for; what the CIS takes back is taken back, as long as
nothing has left.
"""

from datetime import date, datetime
from typing import NamedTuple

from models.states.unenrollment import UnenrollmentState

_U = UnenrollmentState
NOT_STARTED_STATES = (_U.SUBMITTED, _U.AWAITING_APPROVAL, _U.SCHEDULED)
"""Nothing has been begun yet, and the day may still change."""


class ServicePointHolder(NamedTuple):
    """Whose a service point is: an account, and the customer behind it."""

    account: str
    customer_id: str


def has_moved_out(who: ServicePointHolder, holder: ServicePointHolder, ends: date | None, today: date) -> bool:
    """Whether the service point is theirs no more: it is another's now, or service there has ended."""
    return who != holder or (ends is not None and ends <= today)


class OpenUnenrollment(NamedTuple):
    """The unenrollment that is open already. `requested_at`: when its requester wants it to take effect."""

    by_cis: bool
    state: UnenrollmentState
    effective_at: datetime
    requested_at: datetime


class OccupancyUpdate(NamedTuple):
    """What the CIS says about the occupancy of a service point.

    `moved_out_at` is when the service point is no longer the customer's, None if they stay. `is_repeated`: the CIS said
    the same before, and whatever became of that stands.
    """

    moved_out_at: datetime | None
    is_repeated: bool
    open: OpenUnenrollment | None


class MoveOutSteps(NamedTuple):
    """What is to be done, in this order. `effective_at`: the open unenrollment takes effect then."""

    cancel: bool = False
    start: bool = False
    effective_at: datetime | None = None
    drop_approval: bool = False


def decide_move_out(news: OccupancyUpdate, now: datetime) -> MoveOutSteps:
    """A subscription ends once; so an open unenrollment is rescheduled or canceled rather than followed by another."""
    leaves, found = news.moved_out_at, news.open
    if found is None:
        return MoveOutSteps(start=leaves is not None and not news.is_repeated)
    waits = found.state in NOT_STARTED_STATES
    if found.by_cis and (leaves is None or (leaves > now and not waits)):
        return MoveOutSteps(cancel=True, start=leaves is not None)
    if not waits:
        return MoveOutSteps()
    wished = found.requested_at if leaves is None else leaves if found.by_cis else min(found.requested_at, leaves)
    at = max(wished, now)
    return MoveOutSteps(
        effective_at=at if at != max(found.effective_at, now) else None,
        drop_approval=found.state is _U.AWAITING_APPROVAL and leaves is not None and leaves <= now,
    )

"""What follows for one who takes part from what the CIS says of their service point (docs/domain.md#move-out).

Who has moved out takes part no longer, whatever else they asked for; what the CIS takes back is taken back, as long as
nothing has left.
"""

from datetime import date, datetime
from typing import NamedTuple

from models.task_states import UnenrollmentState

_U = UnenrollmentState
WAITING = (_U.SUBMITTED, _U.AWAITING_APPROVAL, _U.SCHEDULED)
"""Nothing has been begun yet, and the day may still change."""


class Holder(NamedTuple):
    """Whose a service point is: an account, and the customer behind it."""

    account: str
    customer_id: str


def moved_out(who: Holder, holder: Holder, ends: date | None, today: date) -> bool:
    """Whether the service point is theirs no more: it is another's now, or service there has ended."""
    return who != holder or (ends is not None and ends <= today)


class Open(NamedTuple):
    """The unenrolment that is under way already. `wished_at`: when whoever asked for it wants it."""

    by_cis: bool
    state: UnenrollmentState
    effective_at: datetime
    wished_at: datetime


class News(NamedTuple):
    """`leaves_at`: when the service point is the customer's no more; None: they stay. `heard`: the CIS said the same
    before, and whatever became of that stands."""

    leaves_at: datetime | None
    heard: bool
    open: Open | None


class Steps(NamedTuple):
    """What is to be done, in this order. `effective_at`: the open unenrolment takes effect then."""

    take_back: bool = False
    start: bool = False
    effective_at: datetime | None = None
    drop_approval: bool = False


def what_follows(news: News, now: datetime) -> Steps:
    """One subscription is left once; so an unenrolment that is open is moved, or taken back, rather than doubled."""
    leaves, found = news.leaves_at, news.open
    if found is None:
        return Steps(start=leaves is not None and not news.heard)
    waits = found.state in WAITING
    if found.by_cis and (leaves is None or (leaves > now and not waits)):
        return Steps(take_back=True, start=leaves is not None)
    if not waits:
        return Steps()
    wished = found.wished_at if leaves is None else leaves if found.by_cis else min(found.wished_at, leaves)
    at = max(wished, now)
    return Steps(
        effective_at=at if at != max(found.effective_at, now) else None,
        drop_approval=found.state is _U.AWAITING_APPROVAL and leaves is not None and leaves <= now,
    )

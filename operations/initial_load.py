"""The initial load: makes sync requests that are missing and sets flows going whose work is not done
(docs/domain.md#batches).

Safe at any time, beside live traffic and beside itself: rows another transaction works on are left to it, and a flow
is started by an id that Temporal lets run once. What rested less than GRACE is left alone, for it is under way.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.batches import FindingKind
from models.ids import enrollment_workflow_id, service_call_workflow_id, unenrollment_workflow_id
from models.messages.flows import FlowStanding
from models.scope import Scope
from models.states import ENROLLMENT_TRANSITIONS, EnrollmentState, OutboxState, SubscriptionState, SyncKind
from models.tables.enrollment import Enrollment
from models.tables.messages import OutboxMessage
from models.tables.service_call import ServiceCall
from models.tables.subscription import ProgramSubscription
from models.tables.sync_request import SyncRequest
from models.tables.unenrollment import Unenrollment
from models.task_states import ServiceCallState, UnenrollmentState
from operations.audit import Trail
from operations.batches import Done
from operations.catalog import Catalogs
from operations.hand_over import announce_by_itself, hand_over
from operations.starting import Startable, start_again
from rules.flow_repairs import Repair, repair_of
from rules.sync_order import FINAL

GRACE = timedelta(minutes=5)
_ROWS_A_PAGE = 100
_ROWS_A_LOOK = 1000


class Unattended(NamedTuple):
    """One piece of work that is not done, and the flow that should be doing it."""

    id: str
    workflow_id: str


class Look(NamedTuple):
    """A page of such work, and where the next one begins."""

    found: tuple[Unattended, ...]
    cursor: str | None


async def announce_subscriptions(
    session: AsyncSession, scope: Scope, catalogs: Catalogs, cursor: str, timeout: float
) -> Done:
    """Makes the sync requests of active subscriptions that the DERMS was never to be told of."""
    looked = await _ids(session, select(col(ProgramSubscription.id)), col(ProgramSubscription.id), cursor)
    told = exists().where(col(SyncRequest.subscription_id) == col(ProgramSubscription.id))
    wanted = (
        select(ProgramSubscription)
        .where(
            col(ProgramSubscription.id).in_(looked),
            col(ProgramSubscription.state) == SubscriptionState.ACTIVE,
            ~told,
        )
        .with_for_update(skip_locked=True)
    )
    found = (await session.scalars(wanted)).all()
    meanwhile = await _told(session, col(SyncRequest.subscription_id), [one.id for one in found])
    missing = [one for one in found if one.id not in meanwhile]
    now = datetime.now(UTC)
    trail = Trail(scope, now, "")
    for subscription in missing:
        journey = subscription.enrollment_id
        of_this = trail.beside(journey)
        kind = SyncKind.ENROLL
        await announce_by_itself(session, of_this, catalogs, subscription, kind, journey, now, timeout)
    await trail.write(session)
    return Done(_next(looked, _ROWS_A_LOOK), {"sync_requests_made": len(missing)})


async def announce_replacements(
    session: AsyncSession, scope: Scope, catalogs: Catalogs, cursor: str, timeout: float
) -> Done:
    """Makes the sync requests of replacements that are done and that the DERMS was never to be told of."""
    replaced = col(ServiceCall.replaced_by).is_not(None)
    looked = await _ids(session, select(col(ServiceCall.id)).where(replaced), col(ServiceCall.id), cursor)
    told = exists().where(col(SyncRequest.journey) == col(ServiceCall.id))
    wanted = (
        select(ProgramSubscription, col(ServiceCall.id))
        .join(ServiceCall, col(ServiceCall.subscription_id) == col(ProgramSubscription.id))
        .where(
            col(ServiceCall.id).in_(looked),
            col(ServiceCall.state).in_((ServiceCallState.REPLACED, ServiceCallState.CLOSED)),
            col(ProgramSubscription.state) == SubscriptionState.ACTIVE,
            ~told,
        )
        .with_for_update(skip_locked=True, of=ProgramSubscription)
    )
    found = (await session.execute(wanted)).all()
    meanwhile = await _told(session, col(SyncRequest.journey), [call for _, call in found])
    missing = [(subscription, call) for subscription, call in found if call not in meanwhile]
    now = datetime.now(UTC)
    trail = Trail(scope, now, "")
    for subscription, call in missing:
        kind = SyncKind.REPLACE_DEVICE
        await announce_by_itself(session, trail.beside(call), catalogs, subscription, kind, call, now, timeout)
    await trail.write(session)
    return Done(_next(looked, _ROWS_A_LOOK), {"sync_requests_made": len(missing)})


async def _told(session: AsyncSession, of: Any, found: Sequence[str]) -> set[str]:
    """Of those just locked, who has a sync request after all: another run may have committed it since we looked."""
    return set(await session.scalars(select(of).where(of.in_(found)))) if found else set()


async def _ids(session: AsyncSession, statement: Select[Any], key: Any, cursor: str) -> Sequence[str]:
    """The next ids to look at: a window, so that a run over a million rows is many short statements."""
    page = statement.where(key > cursor).order_by(key).limit(_ROWS_A_LOOK)
    return (await session.scalars(page)).all()


def _next(page: Sequence[str], full: int) -> str | None:
    return page[-1] if len(page) == full else None


_DONE_ENROLLING = frozenset(
    {state for state, after in ENROLLMENT_TRANSITIONS.items() if not after} | {EnrollmentState.ENROLLED}
)
_DONE_UNENROLLING = (UnenrollmentState.UNENROLLED, UnenrollmentState.REJECTED, UnenrollmentState.CANCELLED)
_DONE_CALLS = (ServiceCallState.CLOSED, ServiceCallState.CANCELLED)

_REQUESTS: Mapping[str, tuple[type[Startable], Any, Any]] = {
    "enrollments": (Enrollment, _DONE_ENROLLING, enrollment_workflow_id),
    "unenrollments": (Unenrollment, _DONE_UNENROLLING, unenrollment_workflow_id),
    "service_calls": (ServiceCall, _DONE_CALLS, service_call_workflow_id),
}


async def look(session: AsyncSession, step: str, cursor: str) -> Look:
    """A page of work that is not done and rested for a while, whose flow's start is not under way either."""
    if step == "sync_requests":
        rows = (await session.scalars(_page(select(SyncRequest).where(*_open_messages()), SyncRequest, cursor))).all()
        found = tuple(Unattended(one.id, one.workflow_id) for one in rows)
    else:
        kind, done, flow_of = _REQUESTS[step]
        rested = (col(kind.state).not_in(done), col(kind.updated_at) < datetime.now(UTC) - GRACE)
        ids = (await session.scalars(_page(select(col(kind.id)).where(*rested), kind, cursor))).all()
        found = tuple(Unattended(one, flow_of(one)) for one in ids)
    starting = await session.scalars(
        select(col(OutboxMessage.workflow_id)).where(
            col(OutboxMessage.workflow_id).in_([one.workflow_id for one in found]),
            col(OutboxMessage.kind) == "start",
            # An undeliverable one is for a person to send again; a second start beside it would overtake them.
            col(OutboxMessage.state) != OutboxState.GIVEN_UP,
        )
    )
    under_way = set(starting)
    left = tuple(one for one in found if one.workflow_id not in under_way)
    return Look(left, _next([one.id for one in found], _ROWS_A_PAGE))


def _open_messages() -> tuple[ColumnElement[bool], ...]:
    return (
        col(SyncRequest.state).not_in(FINAL),
        col(SyncRequest.updated_at) < datetime.now(UTC) - GRACE,
    )


def _page(statement: Select[Any], kind: Any, cursor: str) -> Select[Any]:
    return statement.where(col(kind.id) > cursor).order_by(col(kind.id)).limit(_ROWS_A_PAGE)


async def repair(
    session: AsyncSession,
    scope: Scope,
    step: str,
    looked: Look,
    standings: Mapping[str, FlowStanding],
    timeout: float,
) -> Done:
    """Sets going what does not run; tells of what only a person can judge."""
    only_telling = step == "sync_requests"
    ways = [
        (one, repair_of(standings[one.workflow_id], only_telling=only_telling))
        for one in looked.found
        if one.workflow_id in standings
    ]
    over = [one.id for one, way in ways if way is Repair.HAND_OVER]
    again = [one.id for one, way in ways if way is Repair.START]
    odd = [one.id for one, way in ways if way is Repair.TELL]
    counts = {"looked_at": len(looked.found)}
    if over:
        counts["handed_over"] = await _hand_over(session, scope, over, timeout)
    if again:
        kind, done, _ = _REQUESTS[step]
        counts["started"] = await start_again(session, scope, kind, again, done, timeout)
    if odd:
        counts["flows_ended_early"] = len(odd)
    return Done(looked.cursor, counts, tuple(_finding(one) for one in odd))


async def _hand_over(session: AsyncSession, scope: Scope, ids: Sequence[str], timeout: float) -> int:
    """Those whose own request still goes on are told by its flow, which is started again by itself."""
    statement = (
        select(SyncRequest)
        .where(col(SyncRequest.id).in_(ids), *_open_messages())
        .where(
            *(
                ~exists().where(col(kind.id) == col(SyncRequest.journey), col(kind.state).not_in(done))
                for kind, done, _ in _REQUESTS.values()
            )
        )
        .with_for_update(skip_locked=True)
    )
    requests = (await session.scalars(statement)).all()
    now = datetime.now(UTC)
    trail = Trail(scope, now, "")
    for request in requests:
        await hand_over(session, request, timeout)
        request.updated_at = now
        trail.beside(request.journey).noted(request.id, "syn:handed_over")
    await trail.write(session)
    return len(requests)


def _finding(subject: str) -> dict[str, Any]:
    return {
        "kind": FindingKind.FLOW_ENDED_EARLY,
        "subject": subject,
        "help": "Its flow came to its end, its request did not. Look at both, then cancel the request or make it anew.",
    }

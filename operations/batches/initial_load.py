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

from models.batches import BatchFindingKind
from models.ids import enrollment_workflow_id, service_call_workflow_id, unenrollment_workflow_id
from models.messages.workflow_status import WorkflowStatus
from models.scope import Scope
from models.states.enrollment import ENROLLMENT_TRANSITIONS, EnrollmentState
from models.states.outbox import OutboxState
from models.states.service_call import ServiceCallState
from models.states.subscription import SubscriptionState
from models.states.sync_request import SyncKind
from models.states.unenrollment import UnenrollmentState
from models.tables.enrollment import Enrollment
from models.tables.messages import OutboxMessage
from models.tables.service_call import ServiceCall
from models.tables.subscription import ProgramSubscription
from models.tables.sync_request import SyncRequest
from models.tables.unenrollment import Unenrollment
from operations.batches.restart_workflows import RestartableRequest, restart_workflows
from operations.batches.runs import PageResult
from operations.catalog.versions import CatalogCache
from operations.platform.audit import AuditTrail
from operations.synchronization.standalone_sync import enqueue_standalone_sync, start_sync_workflow
from rules.synchronization.order import FINAL_STATES
from rules.workflow_repair import WorkflowRepair, choose_repair

GRACE_PERIOD = timedelta(minutes=5)
_ROWS_PER_PAGE = 100
_ROWS_PER_WINDOW = 1000


class OpenWork(NamedTuple):
    """One piece of work that is not done, and the flow that should be doing it."""

    id: str
    workflow_id: str


class OpenWorkPage(NamedTuple):
    """A page of such work, and where the next one begins."""

    items: tuple[OpenWork, ...]
    cursor: str | None


async def enqueue_missing_subscription_syncs(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, cursor: str, timeout: float
) -> PageResult:
    """Makes the sync requests of active subscriptions that the DERMS was never to be told of."""
    looked = await _get_id_window(session, select(col(ProgramSubscription.id)), col(ProgramSubscription.id), cursor)
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
    meanwhile = await _get_already_enqueued(session, col(SyncRequest.subscription_id), [one.id for one in found])
    missing = [one for one in found if one.id not in meanwhile]
    now = datetime.now(UTC)
    trail = AuditTrail(scope, now, "")
    for subscription in missing:
        journey = subscription.enrollment_id
        of_this = trail.for_request(journey)
        kind = SyncKind.ENROLL
        await enqueue_standalone_sync(session, of_this, catalogs, subscription, kind, journey, now, timeout)
    await trail.write(session)
    return PageResult(_get_next_cursor(looked, _ROWS_PER_WINDOW), {"sync_requests_made": len(missing)})


async def enqueue_missing_replacement_syncs(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, cursor: str, timeout: float
) -> PageResult:
    """Makes the sync requests of replacements that are done and that the DERMS was never to be told of."""
    replaced = col(ServiceCall.replaced_by).is_not(None)
    looked = await _get_id_window(session, select(col(ServiceCall.id)).where(replaced), col(ServiceCall.id), cursor)
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
    meanwhile = await _get_already_enqueued(session, col(SyncRequest.journey), [call for _, call in found])
    missing = [(subscription, call) for subscription, call in found if call not in meanwhile]
    now = datetime.now(UTC)
    trail = AuditTrail(scope, now, "")
    for subscription, call in missing:
        kind = SyncKind.REPLACE_DEVICE
        await enqueue_standalone_sync(
            session, trail.for_request(call), catalogs, subscription, kind, call, now, timeout
        )
    await trail.write(session)
    return PageResult(_get_next_cursor(looked, _ROWS_PER_WINDOW), {"sync_requests_made": len(missing)})


async def _get_already_enqueued(session: AsyncSession, of: Any, found: Sequence[str]) -> set[str]:
    """Of those just locked, who has a sync request after all: another run may have committed it since we looked."""
    return set(await session.scalars(select(of).where(of.in_(found)))) if found else set()


async def _get_id_window(session: AsyncSession, statement: Select[Any], key: Any, cursor: str) -> Sequence[str]:
    """The next ids to look at: a window, so that a run over a million rows is many short statements."""
    page = statement.where(key > cursor).order_by(key).limit(_ROWS_PER_WINDOW)
    return (await session.scalars(page)).all()


def _get_next_cursor(page: Sequence[str], full: int) -> str | None:
    return page[-1] if len(page) == full else None


_DONE_ENROLLMENT_STATES = frozenset(
    {state for state, after in ENROLLMENT_TRANSITIONS.items() if not after} | {EnrollmentState.ENROLLED}
)
_DONE_UNENROLLMENT_STATES = (UnenrollmentState.UNENROLLED, UnenrollmentState.REJECTED, UnenrollmentState.CANCELLED)
_DONE_SERVICE_CALL_STATES = (ServiceCallState.CLOSED, ServiceCallState.CANCELLED)

_REQUEST_KINDS: Mapping[str, tuple[type[RestartableRequest], Any, Any]] = {
    "enrollments": (Enrollment, _DONE_ENROLLMENT_STATES, enrollment_workflow_id),
    "unenrollments": (Unenrollment, _DONE_UNENROLLMENT_STATES, unenrollment_workflow_id),
    "service_calls": (ServiceCall, _DONE_SERVICE_CALL_STATES, service_call_workflow_id),
}


async def list_open_work(session: AsyncSession, step: str, cursor: str) -> OpenWorkPage:
    """A page of work that is not done and rested for a while, whose flow's start is not under way either."""
    if step == "sync_requests":
        rows = (
            await session.scalars(
                _select_page(select(SyncRequest).where(*_select_open_sync_requests()), SyncRequest, cursor)
            )
        ).all()
        found = tuple(OpenWork(one.id, one.workflow_id) for one in rows)
    else:
        kind, done, flow_of = _REQUEST_KINDS[step]
        rested = (col(kind.state).not_in(done), col(kind.updated_at) < datetime.now(UTC) - GRACE_PERIOD)
        ids = (await session.scalars(_select_page(select(col(kind.id)).where(*rested), kind, cursor))).all()
        found = tuple(OpenWork(one, flow_of(one)) for one in ids)
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
    return OpenWorkPage(left, _get_next_cursor([one.id for one in found], _ROWS_PER_PAGE))


def _select_open_sync_requests() -> tuple[ColumnElement[bool], ...]:
    return (
        col(SyncRequest.state).not_in(FINAL_STATES),
        col(SyncRequest.updated_at) < datetime.now(UTC) - GRACE_PERIOD,
    )


def _select_page(statement: Select[Any], kind: Any, cursor: str) -> Select[Any]:
    return statement.where(col(kind.id) > cursor).order_by(col(kind.id)).limit(_ROWS_PER_PAGE)


async def repair(
    session: AsyncSession,
    scope: Scope,
    step: str,
    looked: OpenWorkPage,
    standings: Mapping[str, WorkflowStatus],
    timeout: float,
) -> PageResult:
    """Sets going what does not run; tells of what only a person can judge."""
    only_telling = step == "sync_requests"
    ways = [
        (one, choose_repair(standings[one.workflow_id], only_telling=only_telling))
        for one in looked.items
        if one.workflow_id in standings
    ]
    over = [one.id for one, way in ways if way is WorkflowRepair.SEND_SYNC_REQUEST]
    again = [one.id for one, way in ways if way is WorkflowRepair.START]
    odd = [one.id for one, way in ways if way is WorkflowRepair.REPORT]
    counts = {"looked_at": len(looked.items)}
    if over:
        counts["handed_over"] = await _start_sync_workflows(session, scope, over, timeout)
    if again:
        kind, done, _ = _REQUEST_KINDS[step]
        counts["started"] = await restart_workflows(session, scope, kind, again, done, timeout)
    if odd:
        counts["flows_ended_early"] = len(odd)
    return PageResult(looked.cursor, counts, tuple(_build_finding(one) for one in odd))


async def _start_sync_workflows(session: AsyncSession, scope: Scope, ids: Sequence[str], timeout: float) -> int:
    """Those whose own request still goes on are told by its flow, which is started again by itself."""
    statement = (
        select(SyncRequest)
        .where(col(SyncRequest.id).in_(ids), *_select_open_sync_requests())
        .where(
            *(
                ~exists().where(col(kind.id) == col(SyncRequest.journey), col(kind.state).not_in(done))
                for kind, done, _ in _REQUEST_KINDS.values()
            )
        )
        .with_for_update(skip_locked=True)
    )
    requests = (await session.scalars(statement)).all()
    now = datetime.now(UTC)
    trail = AuditTrail(scope, now, "")
    for request in requests:
        await start_sync_workflow(session, request, timeout)
        request.updated_at = now
        trail.for_request(request.journey).note(request.id, "syn:handed_over")
    await trail.write(session)
    return len(requests)


def _build_finding(subject: str) -> dict[str, Any]:
    return {
        "kind": BatchFindingKind.FLOW_ENDED_EARLY,
        "subject": subject,
        "help": "Its flow came to its end, its request did not. Look at both, then cancel the request or make it anew.",
    }

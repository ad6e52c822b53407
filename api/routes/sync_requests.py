"""Sync requests: list and read them, retry one or many, cancel one, and send a subscription again."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import AsOperator
from api.bodies.reason import ReasonRequest
from api.bodies.sync_requests import (
    SubscriptionSyncRequest,
    SyncRequestStatusView,
    SyncRetriesRequest,
    SyncRetriesView,
)
from api.context import Context, InContext
from api.links import build_sync_request_links
from api.parameters import (
    Cursor,
    EnrollmentFilter,
    KindFilter,
    Limit,
    ProgramFilter,
    StateFilter,
    SubscriptionFilter,
    SyncRequestPath,
)
from api.problem_responses import problem_responses
from models.requests.sync_request import Age, SyncRequestFilter
from models.states.sync_request import SyncKind, SyncState
from models.values import Instant, Line
from models.views.sync_request import SyncRequestSummary, SyncRequestView
from models.views.view import Page
from operations.platform.database import transaction
from operations.synchronization import queries, sync_repairs

router = APIRouter(prefix="/v1/sync-requests", tags=["sync requests"])


def _build_filter(
    state: Annotated[SyncState | None, StateFilter] = None,
    kind: Annotated[SyncKind | None, KindFilter] = None,
    program: ProgramFilter = None,
    subscription: SubscriptionFilter = None,
    enrollment: EnrollmentFilter = None,
    error_code: Annotated[Line | None, Query(description="Only those with this error code.")] = None,
    created_before: Annotated[Instant | None, Query(description="Only those created before this instant.")] = None,
    older_than: Annotated[
        Age | None, Query(description="Only those older than this: an ISO 8601 duration such as PT2H, or seconds.")
    ] = None,
) -> SyncRequestFilter:
    return SyncRequestFilter(
        state=state,
        kind=kind,
        program=program,
        subscription=subscription,
        enrollment=enrollment,
        error_code=error_code,
        created_before=created_before,
        older_than=older_than,
    )


@router.get("")
async def list_sync_requests(
    scope: AsOperator,
    context: InContext,
    filters: Annotated[SyncRequestFilter, Depends(_build_filter)],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[SyncRequestSummary]:
    """Returns sync requests, newest first. Those in state `error` need attention."""
    async with transaction(context.sessions) as session:
        return await queries.list_sync_requests(session, scope, filters, limit=limit, cursor=cursor)


@router.post("", status_code=202, responses=problem_responses(404, 409))
async def create_sync_request(
    body: SubscriptionSyncRequest, scope: AsOperator, context: InContext
) -> SyncRequestStatusView:
    """Send the current state of a subscription to the DERMS again, after its last sync request was canceled."""
    async with transaction(context.sessions) as session:
        sync_request = await sync_repairs.resync_subscription(session, scope, context.catalogs, body.subscription)
    return _respond(context, session, sync_request, SyncState.PENDING)


@router.post("/retries")
async def retry_sync_requests(body: SyncRetriesRequest, scope: AsOperator, context: InContext) -> SyncRetriesView:
    """Retry all sync requests in error that match the filter, each as if it were retried alone.

    `dry_run` only counts them. The call leaves what exceeds the limit to the next call."""
    async with transaction(context.sessions) as session:
        result = await sync_repairs.retry_many(
            session, scope, context.catalogs, body.filter, dry_run=body.dry_run, limit=body.limit
        )
    context.deliver(session)
    return SyncRetriesView(matching=result.matching, retried=result.retried)


@router.get("/{sync_request}", responses=problem_responses(404))
async def get_sync_request(sync_request: SyncRequestPath, scope: AsOperator, context: InContext) -> SyncRequestView:
    """Returns one sync request: its snapshot, its attempts and the answer of the DERMS."""
    async with transaction(context.sessions) as session:
        return await queries.get_sync_request(session, scope, sync_request, build_sync_request_links(sync_request))


@router.post("/{sync_request}/retry", responses=problem_responses(404, 409))
async def retry_sync_request(
    sync_request: SyncRequestPath, scope: AsOperator, context: InContext
) -> SyncRequestStatusView:
    """Retry a sync request in error.

    If the DERMS has answered, the retry sends a new snapshot, so correct the data first."""
    async with transaction(context.sessions) as session:
        state = await sync_repairs.retry(session, scope, context.catalogs, sync_request)
    return _respond(context, session, sync_request, state)


@router.post("/{sync_request}/cancel", responses=problem_responses(404, 409))
async def cancel_sync_request(
    sync_request: SyncRequestPath, body: ReasonRequest, scope: AsOperator, context: InContext
) -> SyncRequestStatusView:
    """Give up a sync request in error: it is not sent to the DERMS."""
    async with transaction(context.sessions) as session:
        state = await sync_repairs.cancel(session, scope, sync_request, body.reason)
    return _respond(context, session, sync_request, state)


def _respond(context: Context, session: AsyncSession, sync_request: str, state: SyncState) -> SyncRequestStatusView:
    context.deliver(session)
    return SyncRequestStatusView(id=sync_request, state=state, links=build_sync_request_links(sync_request))

"""Sync requests: list, see, retry one or many, cancel, tell again what was given up."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.auth import AsOperator
from api.bodies import (
    ReasonRequest,
    SubscriptionSyncRequest,
    SyncRequestStatusView,
    SyncRetriesRequest,
    SyncRetriesView,
)
from api.context import Context, InContext
from api.parameters import CodeFilter, Cursor, Limit, SyncRequestPath
from models.ids import EnrollmentId, SubscriptionId
from models.requests.sync_request import Age, SyncRequestFilter
from models.states.sync_request import SyncKind, SyncState
from models.values import Instant, Line
from models.views.sync_request import SyncRequestSummary, SyncRequestView
from models.views.view import Page
from operations.platform import outbox
from operations.platform.database import transaction
from operations.synchronization import queries, sync_repairs

router = APIRouter(prefix="/v1/sync-requests", tags=["sync requests"])


def _build_links(sync_request: str) -> dict[str, str]:
    door = f"/v1/sync-requests/{sync_request}"
    return {"self": door, "retry": f"{door}/retry", "cancel": f"{door}/cancel"}


def _build_filter(
    state: SyncState | None = None,
    kind: SyncKind | None = None,
    program: CodeFilter = None,
    subscription: Annotated[SubscriptionId | None, Query()] = None,
    enrollment: Annotated[EnrollmentId | None, Query()] = None,
    error_code: Annotated[Line | None, Query()] = None,
    created_before: Annotated[Instant | None, Query()] = None,
    older_than: Annotated[Age | None, Query(description="ISO 8601 duration such as PT2H, or seconds.")] = None,
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
    wanted: Annotated[SyncRequestFilter, Depends(_build_filter)],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[SyncRequestSummary]:
    """Sync requests, newest first; those in error wait for a person."""
    async with transaction(context.sessions) as session:
        return await queries.list_sync_requests(session, scope, wanted, limit=limit, cursor=cursor)


@router.post("", status_code=202)
async def create_sync_request(
    body: SubscriptionSyncRequest, scope: AsOperator, context: InContext
) -> SyncRequestStatusView:
    """Tell the DERMS of a subscription once more, as it is now: what was given up is told after all."""
    async with transaction(context.sessions) as session:
        made = await sync_repairs.resync_subscription(
            session, scope, context.catalogs, body.subscription, context.acknowledgement_timeout_seconds
        )
    return _deliver_and_respond(context, outbox.pop_deliveries(session), made, SyncState.PENDING)


@router.post("/retries")
async def retry_sync_requests(body: SyncRetriesRequest, scope: AsOperator, context: InContext) -> SyncRetriesView:
    """Retry all requests in error that the filter means, each exactly as one is retried; `dry_run` only counts them.
    What is over the limit is left for the next call."""
    async with transaction(context.sessions) as session:
        done = await sync_repairs.retry_many(
            session, scope, context.catalogs, body.filter, dry_run=body.dry_run, limit=body.limit
        )
    context.courier.enqueue(outbox.pop_deliveries(session))
    return SyncRetriesView(matching=done.matching, retried=done.retried)


@router.get("/{sync_request}")
async def get_sync_request(sync_request: SyncRequestPath, scope: AsOperator, context: InContext) -> SyncRequestView:
    """One sync request: what was sent, how often, and what the DERMS said."""
    async with transaction(context.sessions) as session:
        return await queries.get_sync_request(session, scope, sync_request, _build_links(sync_request))


@router.post("/{sync_request}/retry")
async def retry_sync_request(
    sync_request: SyncRequestPath, scope: AsOperator, context: InContext
) -> SyncRequestStatusView:
    """Send a request in error again. After an answer from the DERMS its snapshot is taken anew, so correct the data
    first."""
    async with transaction(context.sessions) as session:
        state = await sync_repairs.retry(session, scope, context.catalogs, sync_request)
    return _deliver_and_respond(context, outbox.pop_deliveries(session), sync_request, state)


@router.post("/{sync_request}/cancel")
async def cancel_sync_request(
    sync_request: SyncRequestPath, body: ReasonRequest, scope: AsOperator, context: InContext
) -> SyncRequestStatusView:
    """Give a request in error up: the DERMS will not be told."""
    async with transaction(context.sessions) as session:
        state = await sync_repairs.cancel(session, scope, sync_request, body.reason)
    return _deliver_and_respond(context, outbox.pop_deliveries(session), sync_request, state)


def _deliver_and_respond(
    context: Context, deliveries: list[outbox.Delivery], sync_request: str, state: SyncState
) -> SyncRequestStatusView:
    context.courier.enqueue(deliveries)
    return SyncRequestStatusView(id=sync_request, state=state, links=_build_links(sync_request))

"""Sync requests: list, see, retry, cancel."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import AsOperator
from api.bodies import Reason, SyncStandingView
from api.context import Context, InContext
from api.parameters import ByCode, Cursor, Limit, SyncRequestPath
from models.ids import EnrollmentId
from models.states import SyncKind, SyncState
from models.views import Page, SyncRequestSummary, SyncRequestView
from operations import outbox, sync_requests
from operations.database import transaction
from operations.queries import sync_requests as queries

router = APIRouter(prefix="/v1/sync-requests", tags=["sync requests"])


def _links(sync_request: str) -> dict[str, str]:
    door = f"/v1/sync-requests/{sync_request}"
    return {"self": door, "retry": f"{door}/retry", "cancel": f"{door}/cancel"}


@router.get("")
async def listed(
    scope: AsOperator,
    context: InContext,
    state: SyncState | None = None,
    kind: SyncKind | None = None,
    program: ByCode = None,
    enrollment: Annotated[EnrollmentId | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[SyncRequestSummary]:
    """Sync requests, newest first; those in error wait for a person."""
    async with transaction(context.sessions) as session:
        return await queries.listed(
            session,
            scope,
            state=state,
            kind=kind,
            program=program,
            enrollment=enrollment,
            limit=limit,
            cursor=cursor,
        )


@router.get("/{sync_request}")
async def seen(sync_request: SyncRequestPath, scope: AsOperator, context: InContext) -> SyncRequestView:
    """One sync request: what was sent, how often, and what the DERMS said."""
    async with transaction(context.sessions) as session:
        return await queries.seen(session, scope, sync_request, _links(sync_request))


@router.post("/{sync_request}/retry")
async def retry(sync_request: SyncRequestPath, scope: AsOperator, context: InContext) -> SyncStandingView:
    """Send a request in error again. After an answer from the DERMS its snapshot is taken anew, so correct the data
    first."""
    async with transaction(context.sessions) as session:
        state = await sync_requests.retry(session, scope, context.catalogs, sync_request)
    return _told(context, outbox.written(session), sync_request, state)


@router.post("/{sync_request}/cancel")
async def cancel(
    sync_request: SyncRequestPath, body: Reason, scope: AsOperator, context: InContext
) -> SyncStandingView:
    """Give a request in error up: the DERMS will not be told."""
    async with transaction(context.sessions) as session:
        state = await sync_requests.cancel(session, scope, sync_request, body.reason)
    return _told(context, outbox.written(session), sync_request, state)


def _told(context: Context, deliveries: list[outbox.Delivery], sync_request: str, state: SyncState) -> SyncStandingView:
    context.courier.take(deliveries)
    return SyncStandingView(id=sync_request, state=state, links=_links(sync_request))

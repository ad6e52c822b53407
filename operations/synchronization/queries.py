"""Read sync requests."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.ids import first_id_at
from models.requests.sync_request import SyncRequestFilter
from models.scope import OperatorScope
from models.states.sync_request import SyncState
from models.tables.sync_request import SyncRequest
from models.views.sync_request import SyncRequestSummary, SyncRequestView
from models.views.view import Page
from operations.platform.bulk_insert import get_table
from operations.platform.paging import fetch_page
from operations.platform.views import copy_columns
from operations.synchronization.sync_queue import get_wait_reason
from operations.synchronization.sync_requests import SYNC_REQUESTS
from rules.available_actions import sync_request_actions

_A_DAY = timedelta(days=1)
_LAST_INSTANT = datetime.max.replace(tzinfo=UTC)


def select_readable(scope: OperatorScope) -> Select[SyncRequest]:
    """Return the query for what this scope may read. An operator reads all."""
    return select(SyncRequest)


def build_conditions(scope: OperatorScope, wanted: SyncRequestFilter, now: datetime) -> list[ColumnElement[bool]]:
    """Return a filter as conditions. An operator may ask for any request."""
    equal = {
        "state": wanted.state,
        "kind": wanted.kind,
        "program": wanted.program,
        "subscription_id": wanted.subscription,
        "enrollment_id": wanted.enrollment,
        "error_code": wanted.error_code,
    }
    table = get_table(SyncRequest)
    conditions = [table.c[name] == value for name, value in equal.items() if value is not None]
    for before in (wanted.created_before, now - wanted.older_than if wanted.older_than is not None else None):
        if before is not None:
            conditions += [col(SyncRequest.created_at) < before, col(SyncRequest.id) < _upper_id_bound(before)]
    return conditions


def _upper_id_bound(before: datetime) -> str:
    """Return an id that sorts after every request created before the instant. Ids sort by time, so that a list begins
    in the index where the requests that are too new end. An id is made within a day of its row, whatever the clocks
    say."""
    return first_id_at("syn", min(before, _LAST_INSTANT - _A_DAY) + _A_DAY)


async def list_sync_requests(
    session: AsyncSession, scope: OperatorScope, wanted: SyncRequestFilter, *, limit: int, cursor: str | None
) -> Page[SyncRequestSummary]:
    """Return a page of sync requests, newest first."""
    statement = select_readable(scope).where(*build_conditions(scope, wanted, datetime.now(UTC)))
    return await fetch_page(session, statement, col(SyncRequest.id), to_summary, limit=limit, cursor=cursor)


async def get_sync_request(
    session: AsyncSession, scope: OperatorScope, sync_request_id: str, links: Mapping[str, str]
) -> SyncRequestView:
    """Return one sync request.

    Raises:
        NotFound: there is none that this scope may read.
    """
    row = await SYNC_REQUESTS.get_readable(session, select_readable(scope), sync_request_id)
    return SyncRequestView(
        **_shared_fields(row),
        revision=row.revision,
        snapshot=row.snapshot,
        acknowledgement=row.acknowledgement,
        acknowledged_at=row.acknowledged_at,
        waits_for=await get_wait_text(session, row),
        links=dict(links),
    )


async def list_for_enrollment(session: AsyncSession, enrollment_id: str) -> tuple[SyncRequestSummary, ...]:
    """Return the sync requests of an enrollment and of the requests that followed it, oldest first."""
    statement = select(SyncRequest).where(col(SyncRequest.enrollment_id) == enrollment_id)
    return tuple(map(to_summary, await session.scalars(statement.order_by(col(SyncRequest.id)))))


async def get_rows_for_request(session: AsyncSession, request_id: str) -> list[SyncRequest]:
    """Return the sync requests of one request, in the order in which they are sent."""
    statement = select(SyncRequest).where(col(SyncRequest.journey) == request_id)
    return list(await session.scalars(statement.order_by(col(SyncRequest.sequence))))


async def get_wait_text(session: AsyncSession, row: SyncRequest) -> str:
    """Return what the request waits for, in words; empty if for nothing."""
    return (await get_wait_reason(session, row, locking=False)).text if row.state is SyncState.PENDING else ""


def to_summary(row: SyncRequest) -> SyncRequestSummary:
    """Return a sync request as a list shows it."""
    return SyncRequestSummary(**_shared_fields(row))


def _shared_fields(row: SyncRequest) -> dict[str, Any]:
    return copy_columns(row, SyncRequestSummary) | {"available_actions": sync_request_actions(row.state)}

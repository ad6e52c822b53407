"""Reading sync requests."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.ids import first_id
from models.scope import OperatorScope
from models.states import SyncState
from models.sync_filter import SyncFilter
from models.tables.sync_request import SyncRequest
from models.views import Page, SyncRequestSummary, SyncRequestView
from operations.queries.paging import one_of, page_of
from operations.rows import table_of
from operations.sync_turns import what_it_waits_for
from rules.guidance import sync_actions

_A_DAY = timedelta(days=1)
_LAST_INSTANT = datetime.max.replace(tzinfo=UTC)


def readable(scope: OperatorScope) -> Select[SyncRequest]:
    """What this scope may see: an operator sees all."""
    return select(SyncRequest)


def criteria(scope: OperatorScope, wanted: SyncFilter, now: datetime) -> list[ColumnElement[bool]]:
    """What a filter says, as conditions; an operator may mean any."""
    equal = {
        "state": wanted.state,
        "kind": wanted.kind,
        "program": wanted.program,
        "subscription_id": wanted.subscription,
        "enrollment_id": wanted.enrollment,
        "error_code": wanted.error_code,
    }
    table = table_of(SyncRequest)
    conditions = [table.c[name] == value for name, value in equal.items() if value is not None]
    for before in (wanted.created_before, now - wanted.older_than if wanted.older_than is not None else None):
        if before is not None:
            conditions += [col(SyncRequest.created_at) < before, col(SyncRequest.id) < _first_id_after(before)]
    return conditions


def _first_id_after(before: datetime) -> str:
    """An id that all requests created before the instant come before: ids sort by time, so a list begins in the index
    where the requests that are too new end. An id is made within a day of its row, whatever the clocks say."""
    return first_id("syn", min(before, _LAST_INSTANT - _A_DAY) + _A_DAY)


async def listed(
    session: AsyncSession, scope: OperatorScope, wanted: SyncFilter, *, limit: int, cursor: str | None
) -> Page[SyncRequestSummary]:
    """A page of them, newest first."""
    statement = readable(scope).where(*criteria(scope, wanted, datetime.now(UTC)))
    return await page_of(session, statement, col(SyncRequest.id), summary, limit=limit, cursor=cursor)


async def seen(
    session: AsyncSession, scope: OperatorScope, sync_request_id: str, links: Mapping[str, str]
) -> SyncRequestView:
    """One of them.

    Raises:
        NotFound: there is none that this scope may see.
    """
    row: SyncRequest = await one_of(
        session, readable(scope), col(SyncRequest.id), sync_request_id, kind="sync request", door="/v1/sync-requests"
    )
    return SyncRequestView(
        **_fields(row),
        revision=row.revision,
        snapshot=row.snapshot,
        acknowledgement=row.acknowledgement,
        acknowledged_at=row.acknowledged_at,
        waits_for=await waiting_words(session, row),
        links=dict(links),
    )


async def waiting_words(session: AsyncSession, row: SyncRequest) -> str:
    """What it waits for, in words; empty if for nothing."""
    return (await what_it_waits_for(session, row, locking=False)).words if row.state is SyncState.PENDING else ""


def summary(row: SyncRequest) -> SyncRequestSummary:
    """A sync request as a list shows it."""
    return SyncRequestSummary(**_fields(row))


def _fields(row: SyncRequest) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "subscription": row.subscription_id,
        "sequence": row.sequence,
        "enrollment": row.enrollment_id,
        "program": row.program,
        "state": row.state,
        "attempts": row.attempts,
        "held": row.held,
        "note": row.note,
        "error_code": row.error_code,
        "error_text": row.error_text,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "available_actions": sync_actions(row.state),
    }

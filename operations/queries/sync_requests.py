"""Reading sync requests."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.errors import NotFound
from models.scope import OperatorScope
from models.states import SyncKind, SyncState
from models.tables.sync_request import SyncRequest
from models.views import Page, SyncRequestSummary, SyncRequestView
from operations.queries.paging import encode, newest_first
from rules.guidance import sync_actions


def readable(scope: OperatorScope) -> Select[SyncRequest]:
    """What this scope may see: an operator sees all."""
    return select(SyncRequest)


async def listed(
    session: AsyncSession,
    scope: OperatorScope,
    *,
    state: SyncState | None = None,
    kind: SyncKind | None = None,
    program: str | None = None,
    enrollment: str | None = None,
    limit: int,
    cursor: str | None,
) -> Page[SyncRequestSummary]:
    """A page of them, newest first."""
    wanted = {"state": state, "kind": kind, "program": program, "enrollment_id": enrollment}
    statement = readable(scope).filter_by(**{name: value for name, value in wanted.items() if value is not None})
    rows = (await session.execute(newest_first(statement, col(SyncRequest.id), limit, cursor))).scalars().all()
    more = encode(rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=tuple(summary(row) for row in rows[:limit]), next_cursor=more)


async def seen(
    session: AsyncSession, scope: OperatorScope, sync_request_id: str, links: Mapping[str, str]
) -> SyncRequestView:
    """One of them.

    Raises:
        NotFound: there is none that this scope may see.
    """
    statement = readable(scope).where(col(SyncRequest.id) == sync_request_id)
    row = (await session.execute(statement)).scalar_one_or_none()
    if row is None:
        raise NotFound(f"There is no sync request {sync_request_id}.", fix="GET /v1/sync-requests lists them.")
    return SyncRequestView(
        **_fields(row),
        revision=row.revision,
        snapshot=row.snapshot,
        acknowledgement=row.acknowledgement,
        acknowledged_at=row.acknowledged_at,
        links=dict(links),
    )


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
        "error_code": row.error_code,
        "error_text": row.error_text,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "available_actions": sync_actions(row.state),
    }

"""Starts the workflows of requests again that Temporal does not have, or that were broken off."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.scope import Scope
from operations.platform import outbox
from operations.platform.audit import AuditTrail
from operations.platform.submission import RequestKind


async def restart_workflows(
    session: AsyncSession, scope: Scope, kind: RequestKind[Any], ids: Sequence[str], done: Collection[StrEnum]
) -> int:
    """Starts the workflows of those requests that are not in a `done` state and that nobody locks at the moment;
    returns how many.

    A workflow begins at its beginning; each of its steps finds what was done before and leaves it as it is.
    """
    table = kind.table
    statement = select(table).where(col(table.id).in_(ids), col(table.state).not_in(done))
    rows = (await session.scalars(statement.with_for_update(skip_locked=True))).all()
    starts = [replace(kind.build_workflow_start(row.model_dump()), again=True) for row in rows]
    await outbox.enqueue_starts(session, starts)
    trail = AuditTrail(scope, datetime.now(UTC), "")
    for row in rows:
        trail.for_request(row.id).note(row.id, f"{kind.id_prefix}:flow_started_again")
    await trail.write(session)
    return len(rows)

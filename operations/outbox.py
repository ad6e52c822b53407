"""What must reach a flow, written in the transaction that causes it. Delivered after the commit; kept until then.

A process that delivers what it has committed tries first, for as long as HEAD_START; its sessions say so. A row of any
other process belongs to the relay at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import structlog
from sqlalchemy import BigInteger, Text, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.messages.message import Message
from models.tables.messages import OutboxMessage
from operations.database import DELIVERS_WITHIN
from operations.rows import as_json, insert_from

log = structlog.get_logger()

HEAD_START = timedelta(seconds=5)
LEASE = timedelta(seconds=20)

_PUT = text(f"{insert_from(OutboxMessage, 'rows')} RETURNING id, workflow_id, payload").columns(
    id=BigInteger, workflow_id=Text, payload=JSONB
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One start or signal that a flow must get."""

    id: int
    kind: Literal["start", "signal"]
    workflow_id: str
    name: str
    payload: dict[str, Any]


async def put(
    session: AsyncSession,
    kind: Literal["start", "signal"],
    name: str,
    messages: list[tuple[str, dict[str, Any]]],
) -> None:
    """Writes one row for each (workflow id, payload); `written` tells them after the commit."""
    if not messages:
        return
    now = datetime.now(UTC)
    due_at = now + session.info.get(DELIVERS_WITHIN, timedelta())
    rows = [
        {
            "kind": kind,
            "workflow_id": workflow_id,
            "name": name,
            "payload": payload,
            "created_at": now,
            "due_at": due_at,
            "attempts": 0,
        }
        for workflow_id, payload in messages
    ]
    kept = await session.execute(_PUT, {"rows": as_json(rows)})
    found: list[Delivery] = session.info.setdefault("outbox", [])
    found += [
        Delivery(id=row.id, kind=kind, workflow_id=row.workflow_id, name=name, payload=row.payload) for row in kept
    ]


async def signal(session: AsyncSession, name: str, messages: Sequence[tuple[str, Message]]) -> None:
    """Writes one signal for each (workflow id, message)."""
    await put(session, "signal", name, [(flow, message.model_dump(mode="json")) for flow, message in messages])


def written(session: AsyncSession) -> list[Delivery]:
    """What this session's transaction put into the outbox, to be delivered now that it is committed."""
    return session.info.pop("outbox", [])


async def claim(session: AsyncSession, limit: int) -> list[Delivery]:
    """Takes due rows for as long as LEASE, each flow's in order: a signal never overtakes the start before it."""
    now = datetime.now(UTC)
    earlier = select(func.min(OutboxMessage.id)).group_by(col(OutboxMessage.workflow_id)).scalar_subquery()
    due = (
        select(col(OutboxMessage.id))
        .where(col(OutboxMessage.due_at) <= now, col(OutboxMessage.id).in_(earlier))
        .order_by(col(OutboxMessage.due_at), col(OutboxMessage.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(OutboxMessage)
        .where(col(OutboxMessage.id).in_(due))
        .values(due_at=now + LEASE, attempts=OutboxMessage.attempts + 1)
        .returning(
            col(OutboxMessage.id),
            col(OutboxMessage.kind),
            col(OutboxMessage.workflow_id),
            col(OutboxMessage.name),
            col(OutboxMessage.payload),
        )
    )
    rows = (await session.execute(taken)).all()
    return sorted((Delivery(*row) for row in rows), key=lambda delivery: delivery.id)


async def delivered(session: AsyncSession, ids: list[int]) -> None:
    """Forgets what has arrived."""
    await session.execute(delete(OutboxMessage).where(col(OutboxMessage.id).in_(ids)))


async def waiting(session: AsyncSession) -> tuple[int, float]:
    """How many rows wait beyond their writer's head start, and the age of the oldest in seconds."""
    now = datetime.now(UTC)
    statement = select(func.count(), func.min(OutboxMessage.created_at)).where(
        or_(col(OutboxMessage.created_at) <= now - HEAD_START, col(OutboxMessage.attempts) > 0)
    )
    count, oldest = (await session.execute(statement)).one()
    return count, (now - oldest).total_seconds() if oldest else 0.0


async def keep_undeliverable(session: AsyncSession, workflow_id: str, name: str, payload: Any, error: str) -> None:
    """Keeps a signal that its workflow could not read."""
    log.error("a signal cannot be read", workflow=workflow_id, message=name, error=error)

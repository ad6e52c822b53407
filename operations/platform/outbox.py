"""The outbox: messages to workflows, written in the transaction that causes them and delivered after its commit.

A process that delivers its own messages tries first, for as long as HEAD_START; its sessions say so. The messages of
any other process belong to the relay at once, which is notified when the transaction commits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import BigInteger, Text, delete, or_, select, text, type_coerce
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.messages.message import Message
from models.messages.workflow_start import WorkflowStart
from models.states.outbox import OutboxState
from models.tables.messages import OutboxMessage
from operations.platform.bulk_insert import build_insert, to_json
from operations.platform.database import ACKNOWLEDGEMENT_TIMEOUT_KEY, DELIVERY_TIME_KEY

HEAD_START = timedelta(seconds=5)
LEASE = timedelta(seconds=20)
CHANNEL = "gridenroll_outbox"
"""The channel on which PostgreSQL notifies the relay once a transaction with a message for it is committed."""

MAX_COUNTED = 10_000
"""A backlog is counted up to here, so that the cost of counting does not grow with it."""

MAX_ERROR_LENGTH = 500
MAX_PAYLOAD_LENGTH = 100_000
"""The most characters of an unreadable message that are stored."""

_RETURNED_COLUMNS = {"id": BigInteger, "name": Text, "workflow_id": Text, "payload": JSONB}
_INSERT = f"{build_insert(OutboxMessage, 'rows')} RETURNING id, name, workflow_id, payload"
_ENQUEUE = text(_INSERT).columns(**_RETURNED_COLUMNS)
_ENQUEUE_AND_NOTIFY = text(
    f"WITH put AS ({_INSERT}), notified AS (SELECT pg_notify('{CHANNEL}', ''))"  # noqa: S608 - constants of ours
    " SELECT put.* FROM put, notified"
).columns(**_RETURNED_COLUMNS)

# The lateral look-up makes one index probe for each row it passes, the array one for each row it takes. With NOT EXISTS
# and IN the planner may join the whole table instead, and then a long outage never drains. An undeliverable start holds
# back the signals that need it.
_CLAIM = text("""
    UPDATE outbox_message SET due_at = :lease, attempts = attempts + 1 WHERE id = ANY(ARRAY(
        SELECT due.id FROM outbox_message due LEFT JOIN LATERAL (
            SELECT 1 AS found FROM outbox_message earlier
            WHERE earlier.workflow_id = due.workflow_id AND earlier.id < due.id
            AND (earlier.state = 'waiting' OR (earlier.state = 'undeliverable' AND earlier.kind = 'start')) LIMIT 1
        ) ahead ON true
        WHERE due.state = 'waiting' AND due.due_at <= :now AND ahead.found IS NULL
        ORDER BY due.due_at, due.id LIMIT :limit FOR UPDATE OF due SKIP LOCKED
    )) RETURNING id, kind, workflow_id, name, payload, attempts
""").columns(id=BigInteger, payload=JSONB)

_NEXT_DUE = text("SELECT min(due_at) AS at FROM outbox_message WHERE state = 'waiting' AND due_at > :now")

_RECORD_UNDELIVERED = text("""
    UPDATE outbox_message SET due_at = settled.due_at, state = settled.state, error = settled.error,
        attempts = attempts - settled.untried
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS settled (id bigint, due_at timestamptz, state text, error text, untried int)
    WHERE outbox_message.id = settled.id AND outbox_message.state = 'waiting'
""")

_COUNT_WAITING = text("""
    SELECT count(*) AS count FROM (
        SELECT FROM outbox_message WHERE state = 'waiting' AND (created_at <= :long_ago OR attempts > 0) LIMIT :most
    ) counted
""")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One workflow start or signal to be delivered."""

    id: int
    kind: Literal["start", "signal"]
    workflow_id: str
    name: str
    payload: dict[str, Any]
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class UndeliveredMessage:
    """A claimed message that did not arrive: it is due again at an instant, or undeliverable for good.

    `tried` is false for a message that was claimed and then not sent, because Temporal did not answer for another.
    """

    id: int
    due_at: datetime
    error: str
    undeliverable: bool = False
    tried: bool = True


async def _enqueue(
    session: AsyncSession, kind: Literal["start", "signal"], messages: Sequence[tuple[str, str, dict[str, Any]]]
) -> None:
    """Write one message for each (name, workflow id, payload). `pop_deliveries` returns them after the commit."""
    if not messages:
        return
    head_start = session.info.get(DELIVERY_TIME_KEY, timedelta())
    now = datetime.now(UTC)
    rows = [_build_row(kind, id_, name, payload, now, now + head_start) for name, id_, payload in messages]
    kept = await session.execute(_ENQUEUE if head_start else _ENQUEUE_AND_NOTIFY, {"rows": to_json(rows)})
    found: list[Delivery] = session.info.setdefault("outbox", [])
    found += [
        Delivery(id=row.id, kind=kind, workflow_id=row.workflow_id, name=row.name, payload=row.payload) for row in kept
    ]


def _build_row(kind: str, workflow_id: str, name: str, payload: Any, now: datetime, due_at: datetime) -> dict[str, Any]:
    return {
        "kind": kind,
        "workflow_id": workflow_id,
        "name": name,
        "payload": payload,
        "created_at": now,
        "due_at": due_at,
        "attempts": 0,
        "state": OutboxState.WAITING,
        "error": None,
    }


async def enqueue_signals(session: AsyncSession, name: str, messages: Sequence[tuple[str, Message]]) -> None:
    """Write one signal for each (workflow id, message)."""
    rows = [(name, workflow_id, message.model_dump(mode="json")) for workflow_id, message in messages]
    await _enqueue(session, "signal", rows)


async def enqueue_starts(session: AsyncSession, starts: Sequence[WorkflowStart]) -> None:
    """Write one start for each workflow. Workflows that wait for acknowledgements get the time-out that this process
    was configured with, which its sessions know."""
    seconds: float | None = session.info.get(ACKNOWLEDGEMENT_TIMEOUT_KEY)
    if seconds is not None:
        starts = [start.with_acknowledgement_timeout(seconds) for start in starts]
    payloads = [start.build_payload().model_dump(mode="json", exclude_unset=True) for start in starts]
    rows = [(start.workflow, start.workflow_id, payload) for start, payload in zip(starts, payloads, strict=True)]
    await _enqueue(session, "start", rows)


async def keep_undeliverable(session: AsyncSession, workflow_id: str, name: str, payload: Any, error: str) -> None:
    """Store a signal that its workflow could not read, for a person to send again after an upgrade, or to give up.

    The same unreadable signal is stored once. One that is too large is stored without its content.
    """
    too_large = payload is None or len(to_json([{"payload": payload}])) > MAX_PAYLOAD_LENGTH
    kept: Any = {} if too_large else payload
    now = datetime.now(UTC)
    row = _build_row("signal", workflow_id, name, kept, now, now)
    row |= {"state": OutboxState.UNDELIVERABLE, "error": error[:MAX_ERROR_LENGTH], "attempts": 1}
    alike = select(col(OutboxMessage.id)).where(
        col(OutboxMessage.workflow_id) == workflow_id,
        col(OutboxMessage.name) == name,
        col(OutboxMessage.state) == OutboxState.UNDELIVERABLE,
        col(OutboxMessage.payload) == type_coerce(kept, JSONB),
    )
    if await session.scalar(alike.limit(1)) is None:
        await session.execute(_ENQUEUE, {"rows": to_json([row])})


def pop_deliveries(session: AsyncSession) -> list[Delivery]:
    """Return and forget what this session's transaction put into the outbox, to be delivered now that it is
    committed."""
    return session.info.pop("outbox", [])


async def claim(session: AsyncSession, limit: int) -> list[Delivery]:
    """Claim due messages for the time LEASE, each workflow's in order: a signal never overtakes the start before it."""
    now = datetime.now(UTC)
    rows = (await session.execute(_CLAIM, {"now": now, "lease": now + LEASE, "limit": limit})).all()
    return sorted((Delivery(*row) for row in rows), key=lambda delivery: delivery.id)


async def get_next_due(session: AsyncSession) -> datetime | None:
    """Return when the next message becomes due that is not due yet."""
    return await session.scalar(_NEXT_DUE, {"now": datetime.now(UTC)})


async def delete_delivered(session: AsyncSession, ids: list[int]) -> None:
    """Delete the messages that have arrived."""
    await session.execute(delete(OutboxMessage).where(col(OutboxMessage.id).in_(ids)))


async def record_undelivered(session: AsyncSession, left: Sequence[UndeliveredMessage]) -> None:
    """Record when claimed messages that did not arrive are due again, or that they are undeliverable."""
    rows = [
        {
            "id": one.id,
            "due_at": one.due_at,
            "state": OutboxState.UNDELIVERABLE if one.undeliverable else OutboxState.WAITING,
            "error": one.error[:MAX_ERROR_LENGTH] or None,
            "untried": 0 if one.tried else 1,
        }
        for one in left
    ]
    await session.execute(_RECORD_UNDELIVERED, {"rows": to_json(rows)})


async def count_waiting(session: AsyncSession) -> int:
    """Return how many messages have waited longer than their writer's head start, counted up to MAX_COUNTED."""
    long_ago = datetime.now(UTC) - HEAD_START
    return await session.scalar(_COUNT_WAITING, {"long_ago": long_ago, "most": MAX_COUNTED}) or 0


async def get_oldest_age(session: AsyncSession) -> float:
    """Return the age in seconds of the oldest message that has waited longer than its writer's head start, or 0."""
    now = datetime.now(UTC)
    oldest = (
        select(col(OutboxMessage.created_at))
        .where(
            col(OutboxMessage.state) == OutboxState.WAITING,
            or_(col(OutboxMessage.created_at) <= now - HEAD_START, col(OutboxMessage.attempts) > 0),
        )
        .order_by(col(OutboxMessage.id))
        .limit(1)
    )
    found = await session.scalar(oldest)
    return (now - found).total_seconds() if found else 0.0

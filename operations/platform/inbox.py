"""The inbox of acknowledgements: each is stored once, and sent to the workflow that waits for it, if one does."""

from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.messages.message import Message
from models.messages.synchronization import DERMS_ACKNOWLEDGED, DermsAcknowledgement
from models.tables.messages import InboxMessage
from operations.platform import outbox
from operations.platform.bulk_insert import build_insert, to_json
from rules.synchronization.acknowledgements import describe_ignored
from rules.synchronization.order import FINAL_STATES

_SELECT_WORKFLOWS = text("SELECT id, workflow_id, state FROM sync_request WHERE id = ANY(:requests)")
_INSERT = text(f"{build_insert(InboxMessage, 'rows')} ON CONFLICT DO NOTHING RETURNING message_id")

UNKNOWN_REQUEST = "ignored: no such sync request"


async def receive_acknowledgements(session: AsyncSession, acknowledgements: list[DermsAcknowledgement]) -> int:
    """Store the new acknowledgements and signal the workflows that wait for them. Return how many were new.

    An acknowledgement of a sync request that is unknown or final is stored too, with the reason why it changes nothing.
    """
    unique = {acknowledgement.message_id: acknowledgement for acknowledgement in acknowledgements}
    wanted = [acknowledgement.sync_request_id for acknowledgement in unique.values()]
    known = (await session.execute(_SELECT_WORKFLOWS, {"requests": wanted})).all()
    workflows = {row.id: row.workflow_id for row in known if row.state not in FINAL_STATES}
    outcomes = {row.id: describe_ignored(row.state) if row.state in FINAL_STATES else None for row in known}
    now = datetime.now(UTC)
    rows = [
        {
            "message_id": acknowledgement.message_id,
            "sync_request_id": acknowledgement.sync_request_id,
            "body": acknowledgement.model_dump(mode="json"),
            "received_at": now,
            "outcome": outcomes.get(acknowledgement.sync_request_id, UNKNOWN_REQUEST),
        }
        for acknowledgement in unique.values()
    ]
    kept = await session.execute(_INSERT, {"rows": to_json(rows)})
    new = [unique[message_id] for (message_id,) in kept]
    signals: list[tuple[str, Message]] = [
        (workflows[one.sync_request_id], one) for one in new if one.sync_request_id in workflows
    ]
    await outbox.enqueue_signals(session, DERMS_ACKNOWLEDGED, signals)
    return len(new)


async def record_outcome(session: AsyncSession, ack: DermsAcknowledgement, outcome: str, now: datetime) -> None:
    """Record what an acknowledgement changed, or why nothing. One that a workflow has fetched itself is stored now."""
    statement = upsert(InboxMessage).values(
        message_id=ack.message_id,
        sync_request_id=ack.sync_request_id,
        body=ack.model_dump(mode="json"),
        received_at=now,
        outcome=outcome,
    )
    undecided = col(InboxMessage.outcome).is_(None)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["message_id"], set_={"outcome": statement.excluded.outcome}, where=undecided
        )
    )

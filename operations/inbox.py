"""Acknowledgements as they come in: kept once each, and passed on to the flow that waits for them, if one does."""

from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from models.messages.message import Message
from models.messages.synchronize import DERMS_ACKNOWLEDGED, Acknowledged
from models.tables.messages import InboxMessage
from operations import outbox
from operations.rows import as_json, insert_from
from rules.acknowledgements import ignored_in
from rules.sync_order import FINAL

_FLOWS = text("SELECT id, workflow_id, state FROM sync_request WHERE id = ANY(:requests)")
_KEEP = text(f"{insert_from(InboxMessage, 'rows')} ON CONFLICT DO NOTHING RETURNING message_id")

UNKNOWN = "ignored: no such sync request"


async def receive(session: AsyncSession, acknowledgements: list[Acknowledged]) -> int:
    """Keeps those not seen before and signals their flows; gives how many were new.

    One that answers no sync request of ours, or one that is final, is kept too, with why it changes nothing: no flow
    waits for it.
    """
    unique = {acknowledgement.message_id: acknowledgement for acknowledgement in acknowledgements}
    wanted = [acknowledgement.sync_request_id for acknowledgement in unique.values()]
    known = (await session.execute(_FLOWS, {"requests": wanted})).all()
    flows = {row.id: row.workflow_id for row in known if row.state not in FINAL}
    outcomes = {row.id: ignored_in(row.state) if row.state in FINAL else None for row in known}
    now = datetime.now(UTC)
    rows = [
        {
            "message_id": acknowledgement.message_id,
            "sync_request_id": acknowledgement.sync_request_id,
            "body": acknowledgement.model_dump(mode="json"),
            "received_at": now,
            "outcome": outcomes.get(acknowledgement.sync_request_id, UNKNOWN),
        }
        for acknowledgement in unique.values()
    ]
    kept = await session.execute(_KEEP, {"rows": as_json(rows)})
    new = [unique[message_id] for (message_id,) in kept]
    signals: list[tuple[str, Message]] = [
        (flows[one.sync_request_id], one) for one in new if one.sync_request_id in flows
    ]
    await outbox.signal(session, DERMS_ACKNOWLEDGED, signals)
    return len(new)

"""Acknowledgements as they come in: kept once each, and passed on to the flow that waits for them."""

from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from models.messages.message import Message
from models.messages.synchronize import DERMS_ACKNOWLEDGED, Acknowledged
from models.tables.messages import InboxMessage
from operations import outbox
from operations.rows import as_json, insert_from

_FLOWS = text("SELECT id, workflow_id FROM sync_request WHERE id = ANY(:requests)")
_KEEP = text(f"{insert_from(InboxMessage, 'rows')} ON CONFLICT DO NOTHING RETURNING message_id")

UNKNOWN = "ignored: no such sync request"


async def receive(session: AsyncSession, acknowledgements: list[Acknowledged]) -> int:
    """Keeps those not seen before and signals their flows; gives how many were new.

    One that answers no sync request of ours is kept too, and changes nothing.
    """
    unique = {acknowledgement.message_id: acknowledgement for acknowledgement in acknowledgements}
    wanted = [acknowledgement.sync_request_id for acknowledgement in unique.values()]
    flows = dict((await session.execute(_FLOWS, {"requests": wanted})).all())
    now = datetime.now(UTC)
    rows = [
        {
            "message_id": acknowledgement.message_id,
            "sync_request_id": acknowledgement.sync_request_id,
            "body": acknowledgement.model_dump(mode="json"),
            "received_at": now,
            "outcome": None if acknowledgement.sync_request_id in flows else UNKNOWN,
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

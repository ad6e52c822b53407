"""Acknowledgements as they come in: kept once each, and passed on to the flow that waits for them."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from models.messages.synchronize import DERMS_ACKNOWLEDGED, Acknowledged
from models.tables.messages import InboxMessage
from models.tables.sync_request import SyncRequest
from operations import outbox

UNKNOWN = "ignored: no such sync request"


async def receive(session: AsyncSession, acknowledgements: list[Acknowledged]) -> int:
    """Keeps those not seen before and signals their flows; gives how many were new.

    One that answers no sync request of ours is kept too, and changes nothing.
    """
    unique = {acknowledgement.message_id: acknowledgement for acknowledgement in acknowledgements}
    wanted = [acknowledgement.sync_request_id for acknowledgement in unique.values()]
    known = await session.exec(
        select(col(SyncRequest.id), col(SyncRequest.workflow_id)).where(col(SyncRequest.id).in_(wanted))
    )
    flows = {request: flow for request, flow in known.all()}
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
    kept = insert(InboxMessage).values(rows).on_conflict_do_nothing().returning(col(InboxMessage.message_id))
    new = [unique[message_id] for (message_id,) in (await session.exec(kept)).all()]
    signals = [(flows[one.sync_request_id], one) for one in new if one.sync_request_id in flows]
    await outbox.signal(session, DERMS_ACKNOWLEDGED, signals)
    return len(new)

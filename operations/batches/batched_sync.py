"""Many held messages in one: taken out together, sent together, each with its own key and its own fate.

A request stays held until its fate is written down: a step that is tried again finds the same ones, and sends the same
bytes under the same keys. Whatever was not handed over this way its own flow sends.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.messages.synchronization import SYNC_TURN, DermsAcknowledgement, SyncTurn
from models.scope import Scope
from models.states.sync_request import SYNC_TRANSITIONS, SyncState
from models.tables.sync_request import SyncRequest
from operations.batches.runs import PageResult
from operations.catalog.versions import CatalogCache
from operations.platform import inbox, outbox
from operations.platform.audit import AuditTrail
from operations.synchronization.sync_queue import notify_workflows
from operations.synchronization.sync_requests import PreparedMessage, prepare_message


@dataclass(frozen=True, slots=True)
class BulkSync:
    """What is sent in one. `chosen` counts those looked at, of which some may not go; a full page may have another
    behind it."""

    endpoint: str = ""
    messages: tuple[PreparedMessage, ...] = ()
    considered: int = 0
    is_full_page: bool = False


@dataclass(frozen=True, slots=True)
class BulkSyncResult:
    """What the DERMS said of them: the keys of those it has and will answer later, and the answers it gave at once."""

    received: frozenset[str] = frozenset()
    answers: tuple[DermsAcknowledgement, ...] = ()


async def prepare_bulk_sync(session: AsyncSession, scope: Scope, catalogs: CatalogCache) -> BulkSync:
    """Takes as many held requests out to be sent as the DERMS takes in one; none if it takes them one by one.

    One that may not go yet, or has nothing new to tell, is held no longer, and its flow looks for itself.
    """
    catalog = await catalogs.get_current(session)
    size = catalog.derms_batch_size
    if size is None:
        return BulkSync()
    rows = await _get_held_for_update(session, catalog.derms_endpoint, size)
    trail = AuditTrail(scope, datetime.now(UTC), "")
    going: list[PreparedMessage] = []
    staying: list[tuple[str, str]] = []
    for row in rows:
        if row.state is SyncState.PENDING:
            trail.for_request(row.journey).note(row.id, "syn:released")
        row.held = False
        ready = await prepare_message(session, scope, catalogs, row)
        row.held = ready.snapshot is not None
        if row.held:
            going.append(ready)
        else:
            staying.append((row.id, row.workflow_id))
    await trail.write(session)
    await notify_workflows(session, staying)
    return BulkSync(catalog.derms_endpoint, tuple(going), len(rows), is_full_page=len(rows) == size)


async def _get_held_for_update(session: AsyncSession, endpoint: str, size: int) -> list[SyncRequest]:
    """The oldest that are held for that address, those that an earlier try has taken out among them."""
    rows = await session.scalars(
        select(SyncRequest)
        .where(
            col(SyncRequest.held),
            col(SyncRequest.endpoint) == endpoint,
            col(SyncRequest.state).in_([SyncState.PENDING, SyncState.SENDING]),
        )
        .order_by(col(SyncRequest.id))
        .limit(size)
        .with_for_update(skip_locked=True)
    )
    return list(rows)


async def record_bulk_sync_result(
    session: AsyncSession, scope: Scope, together: BulkSync, fates: BulkSyncResult
) -> PageResult:
    """Writes down what became of each and tells its flow: to await the answer, the answer itself, or to send it."""
    now = datetime.now(UTC)
    sent = {one.sync_request_id: one for one in together.messages}
    answers = [one for one in fates.answers if one.sync_request_id in sent]
    answered = {one.sync_request_id for one in answers}
    received = {one.sync_request_id for one in together.messages if one.key in fates.received} - answered
    rows = await session.scalars(
        select(SyncRequest).where(col(SyncRequest.id).in_(sent)).order_by(col(SyncRequest.id)).with_for_update()
    )
    trail = AuditTrail(scope, now, "")
    signals: list[tuple[str, SyncTurn]] = []
    for row in rows:
        if row.revision != sent[row.id].revision:
            continue  # a person has corrected it meanwhile: what was said is of another message
        if row.id in received and row.state is SyncState.SENDING:
            path = (row.state, SyncState.AWAITING_ACKNOWLEDGEMENT)
            row.state = trail.for_request(row.journey).transition(SYNC_TRANSITIONS, row.id, *path)
        if row.held and row.id not in answered:
            signals.append((row.workflow_id, SyncTurn(sync_request_id=row.id, handed_over=row.id in received)))
        row.held, row.updated_at = False, now
    await trail.write(session)
    await outbox.enqueue_signals(session, SYNC_TURN, signals)
    if answers:
        await inbox.receive_acknowledgements(session, answers)
    counts = {"released": together.considered, "sent_together": len(received) + len(answered)}
    return PageResult(cursor="send_together" if together.is_full_page else None, counts=counts)

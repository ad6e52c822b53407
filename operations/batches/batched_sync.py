"""Bulk sync: held messages that are sent to the DERMS in one request, each with its own key and its own result.

A sync request stays held until its result is recorded: a step that is tried again finds the same requests, and sends
the same bytes under the same keys. A message that the DERMS has not received this way is sent by its own workflow.
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
    """The messages of one bulk request. `considered` counts the held requests, of which some may not be sent yet. More
    may follow a full page."""

    endpoint: str = ""
    messages: tuple[PreparedMessage, ...] = ()
    considered: int = 0
    is_full_page: bool = False


@dataclass(frozen=True, slots=True)
class BulkSyncResult:
    """The answer of the DERMS: the keys of the messages that it received and answers later, and its answers so far."""

    received: frozenset[str] = frozenset()
    answers: tuple[DermsAcknowledgement, ...] = ()


async def prepare_bulk_sync(session: AsyncSession, scope: Scope, catalogs: CatalogCache) -> BulkSync:
    """Prepare as many held requests as the DERMS takes in one request; none if it takes them one by one.

    A request that may not be sent yet, or that holds nothing new, is released, and its workflow decides.
    """
    catalog = await catalogs.get_current(session)
    size = catalog.derms_batch_size
    if size is None:
        return BulkSync()
    rows = await _get_held_for_update(session, catalog.derms_endpoint, size)
    trail = AuditTrail(scope, datetime.now(UTC), "")
    messages: list[PreparedMessage] = []
    released: list[tuple[str, str]] = []
    for row in rows:
        if row.state is SyncState.PENDING:
            trail.for_request(row.journey).note(row.id, "syn:released")
        row.held = False
        message = await prepare_message(session, scope, catalogs, row)
        row.held = message.snapshot is not None
        if row.held:
            messages.append(message)
        else:
            released.append((row.id, row.workflow_id))
    await trail.write(session)
    await notify_workflows(session, released)
    return BulkSync(catalog.derms_endpoint, tuple(messages), len(rows), is_full_page=len(rows) == size)


async def _get_held_for_update(session: AsyncSession, endpoint: str, size: int) -> list[SyncRequest]:
    """Return the oldest requests held for that endpoint, including those that an earlier try has prepared."""
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
    session: AsyncSession, scope: Scope, bulk: BulkSync, result: BulkSyncResult
) -> PageResult:
    """Record the result of each message and notify its workflow: to await the answer, of the answer, or to send it."""
    now = datetime.now(UTC)
    sent = {one.sync_request_id: one for one in bulk.messages}
    answers = [one for one in result.answers if one.sync_request_id in sent]
    answered = {one.sync_request_id for one in answers}
    received = {one.sync_request_id for one in bulk.messages if one.key in result.received} - answered
    rows = await session.scalars(
        select(SyncRequest).where(col(SyncRequest.id).in_(sent)).order_by(col(SyncRequest.id)).with_for_update()
    )
    trail = AuditTrail(scope, now, "")
    signals: list[tuple[str, SyncTurn]] = []
    for row in rows:
        if row.revision != sent[row.id].revision:
            continue  # a person has corrected it meanwhile: the result is of another message
        if row.held and row.id not in answered:
            signals.append((row.workflow_id, SyncTurn(sync_request_id=row.id, handed_over=row.id in received)))
        _record_result(trail, row, now, is_received=row.id in received)
    await trail.write(session)
    await outbox.enqueue_signals(session, SYNC_TURN, signals)
    if answers:
        await inbox.receive_acknowledgements(session, answers)
    counts = {"released": bulk.considered, "sent_together": len(received) + len(answered)}
    return PageResult(cursor="send_together" if bulk.is_full_page else None, counts=counts)


def _record_result(trail: AuditTrail, row: SyncRequest, now: datetime, *, is_received: bool) -> None:
    if is_received and row.state is SyncState.SENDING:
        path = (row.state, SyncState.AWAITING_ACKNOWLEDGEMENT)
        row.state = trail.for_request(row.journey).transition(SYNC_TRANSITIONS, row.id, *path)
    row.held, row.updated_at = False, now

"""Many held messages in one: taken out together, sent together, each with its own key and its own fate.

A request stays held until its fate is written down: a step that is tried again finds the same ones, and sends the same
bytes under the same keys. Whatever was not handed over this way its own flow sends.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.messages.synchronize import SYNC_TURN, Acknowledged, SyncTurn
from models.scope import Scope
from models.states import SYNC_TRANSITIONS, SyncState
from models.tables.sync_request import SyncRequest
from operations import inbox, outbox
from operations.audit import Trail
from operations.batches import Done
from operations.catalog import Catalogs
from operations.sync_requests import ToSend, take_out
from operations.sync_turns import wake


@dataclass(frozen=True, slots=True)
class Together:
    """What is sent in one. `chosen` counts those looked at, of which some may not go; a full page may have another
    behind it."""

    endpoint: str = ""
    messages: tuple[ToSend, ...] = ()
    chosen: int = 0
    full: bool = False


@dataclass(frozen=True, slots=True)
class Fates:
    """What the DERMS said of them: the keys of those it has and will answer later, and the answers it gave at once."""

    received: frozenset[str] = frozenset()
    answers: tuple[Acknowledged, ...] = ()


async def take_together(session: AsyncSession, scope: Scope, catalogs: Catalogs) -> Together:
    """Takes as many held requests out to be sent as the DERMS takes in one; none if it takes them one by one.

    One that may not go yet, or has nothing new to tell, is held no longer, and its flow looks for itself.
    """
    catalog = await catalogs.current(session)
    size = catalog.derms_batch_size
    if size is None:
        return Together()
    rows = await _held(session, catalog.derms_endpoint, size)
    trail = Trail(scope, datetime.now(UTC), "")
    going: list[ToSend] = []
    staying: list[tuple[str, str]] = []
    for row in rows:
        if row.state is SyncState.PENDING:
            trail.beside(row.journey).noted(row.id, "syn:released")
        row.held = False
        ready = await take_out(session, scope, catalogs, row)
        row.held = ready.snapshot is not None
        if row.held:
            going.append(ready)
        else:
            staying.append((row.id, row.workflow_id))
    await trail.write(session)
    await wake(session, staying)
    return Together(catalog.derms_endpoint, tuple(going), len(rows), full=len(rows) == size)


async def _held(session: AsyncSession, endpoint: str, size: int) -> list[SyncRequest]:
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


async def settle(session: AsyncSession, scope: Scope, together: Together, fates: Fates) -> Done:
    """Writes down what became of each and tells its flow: to await the answer, the answer itself, or to send it."""
    now = datetime.now(UTC)
    sent = {one.sync_request_id: one for one in together.messages}
    answers = [one for one in fates.answers if one.sync_request_id in sent]
    answered = {one.sync_request_id for one in answers}
    received = {one.sync_request_id for one in together.messages if one.key in fates.received} - answered
    rows = await session.scalars(
        select(SyncRequest).where(col(SyncRequest.id).in_(sent)).order_by(col(SyncRequest.id)).with_for_update()
    )
    trail = Trail(scope, now, "")
    signals: list[tuple[str, SyncTurn]] = []
    for row in rows:
        if row.revision != sent[row.id].revision:
            continue  # a person has corrected it meanwhile: what was said is of another message
        if row.id in received and row.state is SyncState.SENDING:
            path = (row.state, SyncState.AWAITING_ACKNOWLEDGEMENT)
            row.state = trail.beside(row.journey).moved(SYNC_TRANSITIONS, row.id, *path)
        if row.held and row.id not in answered:
            signals.append((row.workflow_id, SyncTurn(sync_request_id=row.id, handed_over=row.id in received)))
        row.held, row.updated_at = False, now
    await trail.write(session)
    await outbox.signal(session, SYNC_TURN, signals)
    if answers:
        await inbox.receive(session, answers)
    counts = {"released": together.chosen, "sent_together": len(received) + len(answered)}
    return Done(cursor="send_together" if together.full else None, counts=counts)

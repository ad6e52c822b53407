"""Send sync requests: prepare the message, record that it was sent, that it failed. Answers are in acknowledgements."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.messages.synchronization import SendFailure, SyncRequestStatus
from models.scope import Scope
from models.states.sync_request import SYNC_TRANSITIONS, SyncKind, SyncState
from models.tables.sync_request import SyncRequest
from operations.catalog.versions import CatalogCache
from operations.platform.audit import AuditTrail
from operations.platform.lifecycle import Entity
from operations.synchronization.snapshots import build_snapshot
from operations.synchronization.sync_queue import (
    cancel_moot_requests,
    get_wait_reason,
    notify_next_in_order,
)
from rules.synchronization.order import UNANSWERED_ERRORS, is_already_synchronized
from rules.synchronization.snapshots import message_key, snapshot_hash
from wording.problems.not_found import not_found

_Y = SyncState
_SNAPSHOT_MAX_AGE = timedelta(hours=1)
_PATHS_TO_ERROR: dict[SyncState, tuple[SyncState, ...]] = {
    _Y.PENDING: (_Y.SENDING, _Y.ERROR),
    _Y.SENDING: (_Y.ERROR,),
    _Y.AWAITING_ACKNOWLEDGEMENT: (_Y.ERROR,),
}


@dataclass(frozen=True, slots=True)
class PreparedMessage:
    """A message that is ready to be sent. `snapshot` is None when there is nothing to send in that state."""

    state: SyncState
    key: str
    sync_request_id: str
    revision: int
    endpoint: str
    snapshot: dict[str, Any] | None
    error_code: str = ""
    error_text: str = ""
    waits_for: str = ""


SYNC_REQUESTS = Entity(table=SyncRequest, kind="sync_request")
get_for_update = SYNC_REQUESTS.get_for_update


async def start_sending(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, sync_request_id: str
) -> PreparedMessage:
    """Prepare a request to be sent that is pending, to be resent, or in error only because no answer came.

    It stays pending while an earlier request of its subscription is not final, or while it is held for a batch. It is
    discarded if the DERMS holds the same already. Earlier requests that it makes moot are canceled.

    Raises:
        NotFound: there is none.
    """
    return await prepare_message(session, scope, catalogs, await get_for_update(session, sync_request_id))


async def prepare_message(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, request: SyncRequest
) -> PreparedMessage:
    """Prepare a request that the caller has locked; see `start_sending`."""
    now = datetime.now(UTC)
    path, waits_for = _find_path_to_sending(request), ""
    if path is None:
        return _build_message(request)
    trail = AuditTrail(scope, now, request.journey)
    if request.state in (_Y.PENDING, _Y.ERROR):
        await cancel_moot_requests(session, trail, request, now)
        waits_for, needs_person = await get_wait_reason(session, request)
        if waits_for:
            path = path[:-1]
            _note_blocked(trail, request, waits_for, needs_person=needs_person)
        elif await _is_already_synchronized(session, catalogs, request, now):
            path = (*path[:-1], _Y.DISCARDED)
            request.note = "the DERMS holds this already"
            await notify_next_in_order(session, [request])
        else:
            request.note = None
    reason = "" if waits_for else request.note or ""
    request.state = trail.transition(SYNC_TRANSITIONS, request.id, request.state, *path, reason=reason)
    request.error_code = request.error_text = None
    request.updated_at = now
    await trail.write(session)
    if request.state is _Y.SENDING:
        request.attempts += 1
        request.held = False
        return _build_message(request, snapshot=request.snapshot)
    return _build_message(request, waits_for=waits_for)


def _build_message(
    request: SyncRequest, *, snapshot: dict[str, Any] | None = None, waits_for: str = ""
) -> PreparedMessage:
    return PreparedMessage(
        state=request.state,
        key=message_key(request.id, request.revision),
        sync_request_id=request.id,
        revision=request.revision,
        endpoint=request.endpoint,
        snapshot=snapshot,
        error_code=request.error_code or "",
        error_text=request.error_text or "",
        waits_for=waits_for,
    )


def _note_blocked(trail: AuditTrail, request: SyncRequest, waits_for: str, *, needs_person: bool) -> None:
    """Note what a person must do before the request can be sent. The same note is made once only."""
    why = f"waits for {waits_for}" if needs_person else None
    if why is not None and request.note != why:
        trail.note(request.id, "syn:held_up", reason=f"It {why}.")
    request.note = why


def _find_path_to_sending(request: SyncRequest) -> tuple[SyncState, ...] | None:
    if request.state is _Y.SENDING:
        return ()
    if request.state in (_Y.PENDING, _Y.AWAITING_ACKNOWLEDGEMENT):
        return (_Y.SENDING,)
    if request.state is _Y.ERROR and request.error_code in UNANSWERED_ERRORS:
        return (_Y.PENDING, _Y.SENDING)
    return None


async def _is_already_synchronized(
    session: AsyncSession, catalogs: CatalogCache, request: SyncRequest, now: datetime
) -> bool:
    """Refresh the snapshot of a request that was never sent, if time has passed. Return whether the DERMS holds the
    same already."""
    if request.attempts or (request.sequence == 1 and now - request.created_at < _SNAPSHOT_MAX_AGE):
        return False
    request.snapshot = await build_snapshot(
        session, catalogs, request.subscription_id, request.kind, request.sequence, now
    )
    request.snapshot_hash = snapshot_hash(request.snapshot)
    last = await session.execute(
        select(col(SyncRequest.state), col(SyncRequest.snapshot_hash))
        .where(
            col(SyncRequest.subscription_id) == request.subscription_id,
            col(SyncRequest.sequence) < request.sequence,
            col(SyncRequest.attempts) > 0,
        )
        .order_by(col(SyncRequest.sequence).desc())
        .limit(1)
    )
    state, held = last.first() or (None, None)
    lost = request.kind is SyncKind.CUSTOMER_ASSET_LOAD  # it accepted this once, and yet does not hold it
    return not lost and is_already_synchronized(request.snapshot_hash, state, held)


@dataclass(frozen=True, slots=True)
class MessageAddress:
    """The endpoint to which a message was sent, and its key there."""

    endpoint: str
    key: str


async def get_message_address(session: AsyncSession, sync_request_id: str) -> MessageAddress:
    """Return where to ask the DERMS for the message that was sent last.

    Raises:
        NotFound: there is no such sync request.
    """
    found = await session.get(SyncRequest, sync_request_id)
    if found is None:
        raise not_found("sync_request", sync_request_id)
    return MessageAddress(endpoint=found.endpoint, key=message_key(found.id, found.revision))


async def mark_awaiting_acknowledgement(session: AsyncSession, scope: Scope, sync_request_id: str) -> None:
    """Record that the DERMS has the message and answers later. Nothing changes if its answer was faster."""
    now = datetime.now(UTC)
    marked = await session.execute(
        update(SyncRequest)
        .where(col(SyncRequest.id) == sync_request_id, col(SyncRequest.state) == _Y.SENDING)
        .values(state=_Y.AWAITING_ACKNOWLEDGEMENT, updated_at=now)
        .returning(col(SyncRequest.journey))
    )
    row = marked.first()
    if row is not None:
        trail = AuditTrail(scope, now, row.journey)
        trail.transition(SYNC_TRANSITIONS, sync_request_id, _Y.SENDING, _Y.AWAITING_ACKNOWLEDGEMENT)
        await trail.write(session)


async def record_failure(
    session: AsyncSession, scope: Scope, sync_request_id: str, failure: SendFailure, text: str
) -> SyncRequestStatus:
    """Put a request that could not be sent in error, unless an answer has come meanwhile.

    Raises:
        NotFound: there is none.
    """
    now = datetime.now(UTC)
    request = await get_for_update(session, sync_request_id)
    trail = AuditTrail(scope, now, request.journey)
    path = _PATHS_TO_ERROR.get(request.state)
    if path is not None:
        request.state = trail.transition(SYNC_TRANSITIONS, request.id, request.state, *path, reason=text)
        request.error_code, request.error_text = failure, text
        request.updated_at = now
        await trail.write(session)
        if not failure.is_outcome_unknown:
            await notify_next_in_order(session, [request])
    return to_status(request)


def to_status(request: SyncRequest) -> SyncRequestStatus:
    """Return the status of a request, as its workflow needs it."""
    return SyncRequestStatus(state=request.state, code=request.error_code or "", text=request.error_text or "")

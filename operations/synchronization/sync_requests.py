"""Sync requests: what is sent and what came back. What a person does about one is in sync_repairs."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.errors import NotFound
from models.messages.synchronization import DermsAcknowledgement, SendFailure, SyncRequestStatus
from models.scope import Scope
from models.states.subscription import REGISTRATION_TRANSITIONS, RegistrationState
from models.states.sync_request import SYNC_TRANSITIONS, SyncKind, SyncState
from models.tables.messages import InboxMessage
from models.tables.subscription import SubscriptionDevice
from models.tables.sync_request import SyncRequest
from operations.catalog.versions import CatalogCache
from operations.platform.audit import AuditTrail
from operations.platform.inbox import UNKNOWN_REQUEST
from operations.platform.lifecycle import Lockable
from operations.synchronization.snapshots import build_snapshot
from operations.synchronization.sync_queue import (
    cancel_moot_requests,
    get_wait_reason,
    notify_next_in_order,
    notify_workflows,
    select_next_workflow_id,
)
from rules.synchronization.acknowledgements import REMOVAL_STATES, AcknowledgementEffect, evaluate_acknowledgement
from rules.synchronization.order import FINAL_STATES, UNANSWERED_ERRORS, is_already_synchronized
from rules.synchronization.snapshots import message_key, snapshot_hash

_Y = SyncState
_SNAPSHOT_MAX_AGE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class PreparedMessage:
    """One message, ready to go. `snapshot` is None when there is nothing to send in that state."""

    state: SyncState
    key: str
    sync_request_id: str
    revision: int
    endpoint: str
    snapshot: dict[str, Any] | None
    error_code: str = ""
    error_text: str = ""
    waits_for: str = ""


SYNC_REQUESTS = Lockable(table=SyncRequest, kind="sync_request")
get_for_update = SYNC_REQUESTS.get_for_update


async def start_sending(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, sync_request_id: str
) -> PreparedMessage:
    """Takes a request out to be sent: pending, to be resent, or in error only because no answer came.

    It stays pending while an earlier one of its subscription is not final, or while it is held for a batch; it is
    discarded when the DERMS was last told the same. What it makes moot is final from then on.

    Raises:
        NotFound: there is none.
    """
    return await prepare_message(session, scope, catalogs, await get_for_update(session, sync_request_id))


async def prepare_message(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, request: SyncRequest
) -> PreparedMessage:
    """What start_sending does, with a request that is locked."""
    now = datetime.now(UTC)
    path, waits_for = _find_path_to_sending(request), ""
    trail = AuditTrail(scope, now, request.journey)
    if path is not None and request.state in (_Y.PENDING, _Y.ERROR):
        await cancel_moot_requests(session, trail, request, now)
        waits_for, stuck = await get_wait_reason(session, request)
        if waits_for:
            path = path[:-1]
            _note_blocked(trail, request, waits_for, stuck=stuck)
        elif await _refresh_and_compare(session, catalogs, request, now):
            path = (*path[:-1], _Y.DISCARDED)
            request.note = "the DERMS holds this already"
            await notify_next_in_order(session, [request])
        else:
            request.note = None
    if path is not None:
        request.state = trail.transition(
            SYNC_TRANSITIONS, request.id, request.state, *path, reason="" if waits_for else request.note or ""
        )
        request.error_code = request.error_text = None
        request.updated_at = now
        await trail.write(session)
    goes = path is not None and request.state is _Y.SENDING
    request.attempts += goes
    request.held = request.held and not goes
    return PreparedMessage(
        state=request.state,
        key=message_key(request.id, request.revision),
        sync_request_id=request.id,
        revision=request.revision,
        endpoint=request.endpoint,
        snapshot=request.snapshot if goes else None,
        error_code=request.error_code or "",
        error_text=request.error_text or "",
        waits_for=waits_for,
    )


def _note_blocked(trail: AuditTrail, request: SyncRequest, waits_for: str, *, stuck: bool) -> None:
    """Once, and not at every look: nothing happens by itself, so people are told what helps."""
    why = f"waits for {waits_for}" if stuck else None
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


async def _refresh_and_compare(
    session: AsyncSession, catalogs: CatalogCache, request: SyncRequest, now: datetime
) -> bool:
    """Takes the snapshot of what was never sent anew if time has passed; tells whether the DERMS holds it already."""
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
    lost = request.kind is SyncKind.CUSTOMER_ASSET_LOAD  # it was told, and yet does not hold it
    return not lost and is_already_synchronized(request.snapshot_hash, state, held)


@dataclass(frozen=True, slots=True)
class MessageAddress:
    """Where a message was sent, and under which key."""

    endpoint: str
    key: str


async def get_message_address(session: AsyncSession, sync_request_id: str) -> MessageAddress:
    """Where to ask for the message that is in question now.

    Raises:
        NotFound: there is no such sync request.
    """
    found = await session.get(SyncRequest, sync_request_id)
    if found is None:
        raise NotFound(f"There is no sync request {sync_request_id}.")
    return MessageAddress(endpoint=found.endpoint, key=message_key(found.id, found.revision))


async def mark_awaiting_acknowledgement(session: AsyncSession, scope: Scope, sync_request_id: str) -> None:
    """The DERMS has the message and will answer later; nothing happens if its answer was faster."""
    now = datetime.now(UTC)
    moved = await session.execute(
        update(SyncRequest)
        .where(col(SyncRequest.id) == sync_request_id, col(SyncRequest.state) == _Y.SENDING)
        .values(state=_Y.AWAITING_ACKNOWLEDGEMENT, updated_at=now)
        .returning(col(SyncRequest.journey))
    )
    journey = moved.first()
    if journey is not None:
        trail = AuditTrail(scope, now, journey[0])
        trail.transition(SYNC_TRANSITIONS, sync_request_id, _Y.SENDING, _Y.AWAITING_ACKNOWLEDGEMENT)
        await trail.write(session)


async def record_acknowledgement(
    session: AsyncSession, scope: Scope, ack: DermsAcknowledgement, *, asked: bool
) -> SyncRequestStatus:
    """Applies an acknowledgement, or notes why it changes nothing: it answers no request of ours, or came before."""
    now = datetime.now(UTC)
    request = await session.get(SyncRequest, ack.sync_request_id, with_for_update=True)
    if request is None:
        await _store_in_inbox(session, now, ack, UNKNOWN_REQUEST)
        return SyncRequestStatus(
            state=_Y.ERROR, code="unknown-sync-request", text="The answer is to no request of ours."
        )
    registrations, following = await _get_registrations_for_update(session, request)
    effect = evaluate_acknowledgement(
        ack,
        request.state,
        request.revision,
        registrations,
        outcome_unknown=request.error_code in UNANSWERED_ERRORS,
        asked=asked,
    )
    if effect.state is not None:
        await _apply_effect(session, scope, now, request, ack, effect, registrations)
        if following is not None and request.state in (*FINAL_STATES, _Y.ERROR):
            await notify_workflows(session, [(request.id, following)])
    await _store_in_inbox(session, now, ack, effect.outcome)
    return SyncRequestStatus(state=request.state, code=request.error_code or "", text=request.error_text or "")


async def _get_registrations_for_update(
    session: AsyncSession, request: SyncRequest
) -> tuple[dict[str, RegistrationState], str | None]:
    """Where each device stands, which nobody changes until the answer is written down; and the flow of the request that
    comes next, in the same statement.

    A device that the message still told to be enrolled and that is on its way out by now is none of its business: a
    later message tells of that, and this one's answer must neither bring the device back nor fail for it.
    """
    rows = await session.execute(
        select(
            col(SubscriptionDevice.device_id),
            col(SubscriptionDevice.registration),
            select_next_workflow_id(request.subscription_id, request.sequence),
        )
        .where(col(SubscriptionDevice.subscription_id) == request.subscription_id)
        .order_by(col(SubscriptionDevice.device_id))
        .with_for_update()
    )
    found = rows.all()
    joining = {device["device_id"] for device in request.snapshot["devices"] if device["state"] == "enrolled"}
    standing = {
        device: registration
        for device, registration, _ in found
        if registration not in REMOVAL_STATES or device not in joining
    }
    return standing, found[0][2] if found else None


async def _apply_effect(
    session: AsyncSession,
    scope: Scope,
    now: datetime,
    request: SyncRequest,
    ack: DermsAcknowledgement,
    effect: AcknowledgementEffect,
    registrations: dict[str, RegistrationState],
) -> None:
    trail = AuditTrail(scope, now, request.journey)
    request.state = trail.transition(
        SYNC_TRANSITIONS, request.id, request.state, *_find_path_to(request.state, effect.state), reason=effect.text
    )
    request.error_code, request.error_text = effect.code or None, effect.text or None
    request.held = False
    request.acknowledgement = ack.model_dump(mode="json")
    request.acknowledged_at = now
    request.updated_at = now
    by_result: dict[tuple[RegistrationState, str], list[str]] = {}
    for device, after, message in effect.devices:
        trail.transition(REGISTRATION_TRANSITIONS, device, registrations[device], after, reason=message)
        by_result.setdefault((after, message), []).append(device)
    for device, message in effect.not_released:
        trail.note(device, "dev:not_deregistered", reason=message)
        by_result.setdefault((registrations[device], message), []).append(device)
    for (after, message), devices in by_result.items():
        await session.execute(
            update(SubscriptionDevice)
            .where(
                col(SubscriptionDevice.subscription_id) == request.subscription_id,
                col(SubscriptionDevice.device_id).in_(devices),
            )
            .values(registration=after, message=message)
        )
    await trail.write(session)


def _find_path_to(state: SyncState, after: SyncState | None) -> tuple[SyncState, ...]:
    """The path of legal steps; a request given up for lack of an answer is first taken up again."""
    if after is None:
        return ()
    if state is _Y.ERROR:
        return (_Y.PENDING, _Y.SENDING, after)
    return () if state is after else (after,)


async def _store_in_inbox(session: AsyncSession, now: datetime, ack: DermsAcknowledgement, outcome: str) -> None:
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


async def record_failure(
    session: AsyncSession, scope: Scope, sync_request_id: str, failure: SendFailure, text: str
) -> SyncRequestStatus:
    """Puts a request that could not be handed over in error, unless an answer came meanwhile.

    Raises:
        NotFound: there is none.
    """
    now = datetime.now(UTC)
    request = await get_for_update(session, sync_request_id)
    trail = AuditTrail(scope, now, request.journey)
    steps = {
        _Y.PENDING: (_Y.SENDING, _Y.ERROR),
        _Y.SENDING: (_Y.ERROR,),
        _Y.AWAITING_ACKNOWLEDGEMENT: (_Y.ERROR,),
    }.get(request.state)
    if steps is not None:
        request.state = trail.transition(SYNC_TRANSITIONS, request.id, request.state, *steps, reason=text)
        request.error_code, request.error_text = failure, text
        request.updated_at = now
        await trail.write(session)
        if not failure.is_outcome_unknown:
            await notify_next_in_order(session, [request])
    return SyncRequestStatus(state=request.state, code=request.error_code or "", text=request.error_text or "")

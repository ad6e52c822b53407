"""Sync requests: what is sent, what came back, and the ways out for a person."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.errors import IllegalTransition, NotFound
from models.messages.enroll import RETRY_REQUESTED, RetryRequested
from models.messages.synchronize import Acknowledged, SendFailure, SyncStanding
from models.scope import Scope
from models.states import REGISTRATION_TRANSITIONS, SYNC_TRANSITIONS, RegistrationState, SyncState
from models.tables.messages import InboxMessage
from models.tables.subscription import SubscriptionDevice
from models.tables.sync_request import SyncRequest
from operations import outbox
from operations.audit import Trail
from operations.catalog import Catalogs
from operations.snapshots import taken
from rules.acknowledgements import Effect, effect_of
from rules.snapshots import message_key, snapshot_hash

_Y = SyncState
_TECHNICAL = frozenset(failure.value for failure in SendFailure if failure.outcome_unknown)


@dataclass(frozen=True, slots=True)
class ToSend:
    """One message, ready to go. `snapshot` is None when there is nothing to send in that state."""

    state: SyncState
    key: str
    sync_request_id: str
    revision: int
    endpoint: str
    snapshot: dict[str, Any] | None
    error_code: str = ""
    error_text: str = ""


async def locked(session: AsyncSession, sync_request_id: str) -> SyncRequest:
    """The sync request, locked until the transaction ends.

    Raises:
        NotFound: there is none.
    """
    found = await session.get(SyncRequest, sync_request_id, with_for_update=True)
    if found is None:
        raise NotFound(f"There is no sync request {sync_request_id}.", fix="GET /v1/sync-requests lists them.")
    return found


async def start_sending(session: AsyncSession, scope: Scope, sync_request_id: str) -> ToSend:
    """Takes a request out to be sent: pending, to be resent, or in error only because no answer came.

    Raises:
        NotFound: there is none.
    """
    now = datetime.now(UTC)
    request = await locked(session, sync_request_id)
    path = _way_to_sending(request)
    trail = Trail(scope, now, request.journey)
    if path is not None:
        request.state = trail.moved(SYNC_TRANSITIONS, request.id, request.state, *path)
        request.attempts += 1
        request.error_code = request.error_text = None
        request.updated_at = now
        await trail.write(session)
    return ToSend(
        state=request.state,
        key=message_key(request.id, request.revision),
        sync_request_id=request.id,
        revision=request.revision,
        endpoint=request.endpoint,
        snapshot=request.snapshot if path is not None else None,
        error_code=request.error_code or "",
        error_text=request.error_text or "",
    )


def _way_to_sending(request: SyncRequest) -> tuple[SyncState, ...] | None:
    if request.state is _Y.SENDING:
        return ()
    if request.state in (_Y.PENDING, _Y.AWAITING_ACKNOWLEDGEMENT):
        return (_Y.SENDING,)
    if request.state is _Y.ERROR and request.error_code in _TECHNICAL:
        return (_Y.PENDING, _Y.SENDING)
    return None


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message was sent, and under which key."""

    endpoint: str
    key: str


async def address_of(session: AsyncSession, sync_request_id: str) -> Address:
    """Where to ask for the message that is in question now.

    Raises:
        NotFound: there is no such sync request.
    """
    found = await session.get(SyncRequest, sync_request_id)
    if found is None:
        raise NotFound(f"There is no sync request {sync_request_id}.")
    return Address(endpoint=found.endpoint, key=message_key(found.id, found.revision))


async def handed_over(session: AsyncSession, scope: Scope, sync_request_id: str) -> None:
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
        trail = Trail(scope, now, journey[0])
        trail.moved(SYNC_TRANSITIONS, sync_request_id, _Y.SENDING, _Y.AWAITING_ACKNOWLEDGEMENT)
        await trail.write(session)


async def record_acknowledgement(
    session: AsyncSession, scope: Scope, ack: Acknowledged, *, asked: bool
) -> SyncStanding:
    """Applies an acknowledgement, or notes why it changes nothing. The same one again changes nothing.

    Raises:
        NotFound: it answers no sync request.
    """
    now = datetime.now(UTC)
    request = await locked(session, ack.sync_request_id)
    registrations = await _registrations(session, request.subscription_id)
    effect = effect_of(
        ack,
        request.state,
        request.revision,
        registrations,
        outcome_unknown=request.error_code in _TECHNICAL,
        asked=asked,
    )
    if effect.state is not None:
        await _apply(session, scope, now, request, ack, effect, registrations)
    await _keep(session, now, ack, effect.outcome)
    return SyncStanding(state=request.state, code=request.error_code or "", text=request.error_text or "")


async def _registrations(session: AsyncSession, subscription_id: str) -> dict[str, RegistrationState]:
    rows = await session.execute(
        select(col(SubscriptionDevice.device_id), col(SubscriptionDevice.registration)).where(
            col(SubscriptionDevice.subscription_id) == subscription_id
        )
    )
    return dict(rows.tuples().all())


async def _apply(
    session: AsyncSession,
    scope: Scope,
    now: datetime,
    request: SyncRequest,
    ack: Acknowledged,
    effect: Effect,
    registrations: dict[str, RegistrationState],
) -> None:
    trail = Trail(scope, now, request.journey)
    request.state = trail.moved(
        SYNC_TRANSITIONS, request.id, request.state, *_way_to(request.state, effect.state), reason=effect.text
    )
    request.error_code, request.error_text = effect.code or None, effect.text or None
    request.acknowledgement = ack.model_dump(mode="json")
    request.acknowledged_at = now
    request.updated_at = now
    by_result: dict[tuple[RegistrationState, str], list[str]] = {}
    for device, after, message in effect.devices:
        trail.moved(REGISTRATION_TRANSITIONS, device, registrations[device], after, reason=message)
        by_result.setdefault((after, message), []).append(device)
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


def _way_to(state: SyncState, after: SyncState | None) -> tuple[SyncState, ...]:
    """The path of legal steps; a request given up for lack of an answer is first taken up again."""
    if after is None:
        return ()
    again = (_Y.PENDING, _Y.SENDING) if state is _Y.ERROR else ()
    return again if state is after else (*again, after)


async def _keep(session: AsyncSession, now: datetime, ack: Acknowledged, outcome: str) -> None:
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
) -> SyncStanding:
    """Puts a request that could not be handed over in error, unless an answer came meanwhile.

    Raises:
        NotFound: there is none.
    """
    now = datetime.now(UTC)
    request = await locked(session, sync_request_id)
    trail = Trail(scope, now, request.journey)
    steps = {
        _Y.PENDING: (_Y.SENDING, _Y.ERROR),
        _Y.SENDING: (_Y.ERROR,),
        _Y.AWAITING_ACKNOWLEDGEMENT: (_Y.ERROR,),
    }.get(request.state)
    if steps is not None:
        request.state = trail.moved(SYNC_TRANSITIONS, request.id, request.state, *steps, reason=text)
        request.error_code, request.error_text = failure, text
        request.updated_at = now
        await trail.write(session)
    return SyncStanding(state=request.state, code=request.error_code or "", text=request.error_text or "")


async def retry(session: AsyncSession, scope: Scope, catalogs: Catalogs, sync_request_id: str) -> SyncState:
    """Has a request in error sent again. After an answer from the DERMS the snapshot is taken anew, under a new key;
    without an answer the same bytes go out under the same key, for the DERMS may have them.

    Raises:
        NotFound: there is none.
        IllegalTransition: it is not in error.
    """
    now = datetime.now(UTC)
    request = await locked(session, sync_request_id)
    if request.state is not _Y.ERROR:
        raise IllegalTransition(
            f"The sync request is {request.state}; only one in error can be retried.",
            fix="Nothing to do if it is synchronized or on its way.",
        )
    trail = Trail(scope, now, request.journey)
    request.state = trail.moved(SYNC_TRANSITIONS, request.id, request.state, _Y.PENDING, reason="retried")
    if request.error_code not in _TECHNICAL:
        await _take_anew(session, catalogs, trail, now, request)
    request.error_code = request.error_text = None
    request.updated_at = now
    await trail.write(session)
    message = RetryRequested(message_id=f"{request.id}/{request.revision}/{request.attempts}")
    await outbox.signal(session, RETRY_REQUESTED, [(request.workflow_id, message)])
    return request.state


async def _take_anew(
    session: AsyncSession, catalogs: Catalogs, trail: Trail, now: datetime, request: SyncRequest
) -> None:
    picture = await taken(session, catalogs, request.subscription_id, request.kind, request.sequence, now)
    request.revision += 1
    request.snapshot = picture
    request.snapshot_hash = snapshot_hash(picture)
    request.acknowledgement = None
    failed = (
        col(SubscriptionDevice.subscription_id) == request.subscription_id,
        col(SubscriptionDevice.registration) == RegistrationState.REGISTRATION_FAILED,
    )
    again = await session.execute(
        update(SubscriptionDevice)
        .where(*failed)
        .values(registration=RegistrationState.REGISTERING, message="")
        .returning(col(SubscriptionDevice.device_id))
    )
    for (device,) in again.all():
        path = (RegistrationState.REGISTRATION_FAILED, RegistrationState.REGISTERING)
        trail.moved(REGISTRATION_TRANSITIONS, device, *path)


async def cancel(session: AsyncSession, scope: Scope, sync_request_id: str, reason: str) -> SyncState:
    """Gives a request in error up: the DERMS will not be told. One that is cancelled stays so.

    Raises:
        NotFound: there is none.
        IllegalTransition: it is not in error.
    """
    now = datetime.now(UTC)
    request = await locked(session, sync_request_id)
    if request.state is _Y.CANCELLED:
        return request.state
    if request.state is not _Y.ERROR:
        raise IllegalTransition(
            f"The sync request is {request.state}; only one in error can be cancelled.",
            fix="Wait for the DERMS' answer; it ends synchronized or in error.",
        )
    trail = Trail(scope, now, request.journey)
    request.state = trail.moved(SYNC_TRANSITIONS, request.id, request.state, _Y.CANCELLED, reason=reason)
    request.updated_at = now
    await trail.write(session)
    message = RetryRequested(message_id=f"{request.id}/cancelled")
    await outbox.signal(session, RETRY_REQUESTED, [(request.workflow_id, message)])
    return request.state

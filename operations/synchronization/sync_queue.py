"""The order of sync requests: of one subscription's requests only the first that is not final may be sent."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ScalarSelect, Select, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from models.messages.signals import RETRY_REQUESTED, RetryRequested
from models.messages.synchronization import SYNC_TURN, SyncTurn
from models.scope import Scope
from models.states.sync_request import SYNC_TRANSITIONS, SyncState
from models.tables.sync_request import SyncRequest
from operations.platform import outbox
from operations.platform.audit import AuditTrail
from rules.synchronization.order import (
    FINAL_STATES,
    EarlierRequest,
    find_blocking_request,
    has_subscription_ended,
    is_obsolete,
)
from wording.sync_request import describe_blocking_sync_request

_LOST_AFTER = timedelta(minutes=10)

WAITING_FOR_BATCH = "the batch that sends this program's messages"


def to_queue_entry(row: SyncRequest) -> EarlierRequest:
    """Return a request as the rules see it."""
    return EarlierRequest(row.id, row.sequence, row.kind, row.state, row.attempts)


class WaitReason(NamedTuple):
    """What must happen before a request is sent, in words; empty if it may be sent. `needs_person`: nothing happens
    until a person acts."""

    text: str = ""
    needs_person: bool = False


async def get_wait_reason(session: AsyncSession, request: SyncRequest, *, locking: bool = True) -> WaitReason:
    """Return what must happen before this request is sent.

    What it waits for is locked until the transaction ends, so that whoever finishes that request afterwards sees this
    one. The first request of a subscription needs no statement.
    """
    if request.held:
        return WaitReason(WAITING_FOR_BATCH)
    if request.sequence == 1:
        return WaitReason()
    statement = select_earlier_open(request.subscription_id, request.sequence)
    rows = await session.scalars(statement.with_for_update(read=True) if locking else statement)
    found = find_blocking_request(request.sequence, [to_queue_entry(row) for row in rows])
    return (
        WaitReason(describe_blocking_sync_request(found.id, found.state), found.state is SyncState.ERROR)
        if found
        else WaitReason()
    )


def select_earlier_open(
    subscription_id: Any, sequence: Any, ahead: type[SyncRequest] = SyncRequest
) -> Select[SyncRequest]:
    """Return the query for the earlier requests that are not final, the one it waits for first. `ahead` is an alias for
    them, where the query is part of another statement."""
    return (
        select(ahead)
        .where(
            col(ahead.subscription_id) == subscription_id,
            col(ahead.sequence) < sequence,
            col(ahead.state).not_in(FINAL_STATES),
        )
        .order_by(col(ahead.sequence).desc())
    )


async def cancel_moot_requests(
    session: AsyncSession, trail: AuditTrail, request: SyncRequest, instant: datetime
) -> None:
    """Cancel the requests that this one makes moot, as a person would: the end of a participation does not wait until
    an enrollment that the DERMS refused is repaired."""
    if request.sequence == 1 or request.attempts or request.held or not has_subscription_ended(request.snapshot):
        return
    reason = f"nobody participates any more; {request.id} notifies the DERMS"
    ahead = select_earlier_open(request.subscription_id, request.sequence)
    for row in await session.scalars(ahead.with_for_update()):
        if is_obsolete(row.state, row.error_code):
            await cancel_request(session, trail.for_request(row.journey), row, reason, instant)


async def cancel_request(
    session: AsyncSession, trail: AuditTrail, row: SyncRequest, reason: str, instant: datetime
) -> None:
    """Cancel a request that is in error, and notify its workflow: the DERMS will not hear of it."""
    row.state = trail.transition(SYNC_TRANSITIONS, row.id, row.state, SyncState.CANCELLED, reason=reason)
    row.note, row.updated_at = reason, instant
    await session.flush()
    await outbox.enqueue_signals(
        session, RETRY_REQUESTED, [(row.workflow_id, RetryRequested(message_id=f"{row.id}/cancelled"))]
    )


def select_next_workflow_id(subscription_id: Any, sequence: Any) -> ScalarSelect[str]:
    """Return the subquery for the workflow of the next request that is not final."""
    return (
        select(col(SyncRequest.workflow_id))
        .where(
            col(SyncRequest.subscription_id) == subscription_id,
            col(SyncRequest.sequence) > sequence,
            col(SyncRequest.state).not_in(FINAL_STATES),
        )
        .order_by(col(SyncRequest.sequence))
        .limit(1)
        .scalar_subquery()
    )


async def notify_workflows(session: AsyncSession, requests: Iterable[tuple[str, str]]) -> None:
    """Have workflows check again whether they may send, given as (sync request id, workflow id)."""
    signals = [(workflow_id, SyncTurn(sync_request_id=request)) for request, workflow_id in requests]
    await outbox.enqueue_signals(session, SYNC_TURN, signals)


async def notify_next_in_order(session: AsyncSession, requests: Iterable[SyncRequest]) -> None:
    """Notify the workflows whose requests wait for these: the state of what they wait for has changed."""
    one = aliased(SyncRequest)
    following = select(col(one.id), select_next_workflow_id(col(one.subscription_id), col(one.sequence)))
    following = following.where(col(one.id).in_([request.id for request in requests]))
    found: Sequence[Any] = (await session.execute(following)).all()
    await notify_workflows(session, [(request, workflow) for request, workflow in found if workflow is not None])


async def release_held(
    session: AsyncSession, scope: Scope, program: str | None, limit: int, *, apart_from: str | None = None
) -> int:
    """Release held requests, the oldest first, of one program or of all. Return how many.

    Requests for the endpoint `apart_from` stay held: they are sent in bulk. A request that was sent in bulk and whose
    result was not recorded for long is released too. Two runs may go on at once: each skips what the other has locked.
    """
    now = datetime.now(UTC)
    lost = and_(col(SyncRequest.state) == SyncState.SENDING, col(SyncRequest.updated_at) < now - _LOST_AFTER)
    releasable = or_(col(SyncRequest.state) == SyncState.PENDING, lost)
    chosen = select(col(SyncRequest.id)).where(col(SyncRequest.held), releasable)
    if program is not None:
        chosen = chosen.where(col(SyncRequest.program) == program)
    if apart_from is not None:
        chosen = chosen.where(col(SyncRequest.endpoint) != apart_from)
    chosen = chosen.order_by(col(SyncRequest.id)).limit(limit).with_for_update(skip_locked=True)
    released = await session.execute(
        update(SyncRequest)
        .where(col(SyncRequest.id).in_(chosen.scalar_subquery()))
        .values(held=False, updated_at=now)
        .returning(col(SyncRequest.id), col(SyncRequest.journey), col(SyncRequest.workflow_id))
        .execution_options(synchronize_session=False)
    )
    rows = released.all()
    trail = AuditTrail(scope, now, "")
    for sync_request_id, request_id, _ in rows:
        trail.for_request(request_id).note(sync_request_id, "syn:released")
    await trail.write(session)
    await notify_workflows(session, [(request, workflow) for request, _, workflow in rows])
    return len(rows)

"""What people do about sync requests in error: retry one or many once the data is corrected, or cancel them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.errors import IllegalTransition
from models.messages.signals import RETRY_REQUESTED, RetryRequested
from models.requests.sync_request import SyncRequestFilter
from models.scope import OperatorScope, Scope
from models.states.subscription import REGISTRATION_TRANSITIONS, RegistrationState, SubscriptionState
from models.states.sync_request import SYNC_TRANSITIONS, SyncKind, SyncState
from models.tables.subscription import ProgramSubscription, SubscriptionDevice
from models.tables.sync_request import SyncRequest
from operations.catalog.versions import CatalogCache
from operations.platform import outbox
from operations.platform.audit import AuditTrail
from operations.synchronization.queries import build_conditions
from operations.synchronization.snapshots import SnapshotRequest, build_snapshots
from operations.synchronization.standalone_sync import enqueue_standalone_syncs
from operations.synchronization.sync_queue import cancel_request, notify_next_in_order
from operations.synchronization.sync_requests import get_for_update
from rules.synchronization.order import FINAL_STATES, UNANSWERED_ERRORS
from rules.synchronization.snapshots import snapshot_hash
from wording.problems.not_found import not_found
from wording.sync_request import not_in_error, subscription_not_active, sync_already_in_progress

_Y = SyncState


class RetryResult(NamedTuple):
    """How many match, and how many of them were retried: none of them in a dry run."""

    matching: int
    retried: int


async def retry(session: AsyncSession, scope: Scope, catalogs: CatalogCache, sync_request_id: str) -> SyncState:
    """Have a request in error sent again.

    After an answer of the DERMS it is sent with a new snapshot under a new key. Without an answer the same bytes are
    sent under the same key, because the DERMS may have them already.

    Raises:
        NotFound: there is none.
        IllegalTransition: it is not in error.
    """
    request = await get_for_update(session, sync_request_id)
    if request.state is not _Y.ERROR:
        raise not_in_error(request.state)
    await _retry_all(session, scope, catalogs, [request])
    return request.state


async def resync_subscription(session: AsyncSession, scope: Scope, catalogs: CatalogCache, subscription_id: str) -> str:
    """Send the DERMS a subscription as it is now, for example after its last sync request was canceled. Return the id
    of the new sync request.

    Raises:
        NotFound: there is no such subscription.
        Conflict: it is not active, or an earlier sync request of it is not final.
    """
    subscription = await session.get(ProgramSubscription, subscription_id, with_for_update=True)
    if subscription is None:
        raise not_found("subscription", subscription_id)
    if subscription.state is not SubscriptionState.ACTIVE:
        raise subscription_not_active(subscription.state)
    is_open = (col(SyncRequest.subscription_id) == subscription_id, col(SyncRequest.state).not_in(FINAL_STATES))
    under_way = await session.scalar(select(func.max(SyncRequest.id)).where(*is_open))
    if under_way is not None:
        raise sync_already_in_progress(under_way)
    changes = [(subscription, subscription.enrollment_id)]
    (made,) = await enqueue_standalone_syncs(session, scope, catalogs, changes, SyncKind.CUSTOMER_ASSET_LOAD)
    return made


async def retry_many(
    session: AsyncSession,
    scope: OperatorScope,
    catalogs: CatalogCache,
    wanted: SyncRequestFilter,
    *,
    dry_run: bool,
    limit: int,
) -> RetryResult:
    """Retry the requests in error that match the filter, the oldest first, each exactly as `retry` does.

    A request that another transaction has locked is skipped.
    """
    matches = [col(SyncRequest.state) == _Y.ERROR, *build_conditions(scope, wanted, datetime.now(UTC))]
    matching = await session.scalar(select(func.count()).select_from(SyncRequest).where(*matches)) or 0
    if dry_run or not matching:
        return RetryResult(matching, 0)
    chosen = select(SyncRequest).where(*matches).order_by(col(SyncRequest.id)).limit(limit)
    requests = (await session.scalars(chosen.with_for_update(skip_locked=True))).all()
    await _retry_all(session, scope, catalogs, requests)
    return RetryResult(matching, len(requests))


async def _retry_all(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, requests: Sequence[SyncRequest]
) -> None:
    now = datetime.now(UTC)
    trail = AuditTrail(scope, now, "")
    for request in requests:
        own_trail = trail.for_request(request.journey)
        request.state = own_trail.transition(SYNC_TRANSITIONS, request.id, request.state, _Y.PENDING, reason="retried")
    answered = [request for request in requests if request.error_code not in UNANSWERED_ERRORS]
    await _refresh_snapshots(session, catalogs, trail, now, answered)
    for request in requests:
        request.error_code = request.error_text = None
        request.updated_at = now
    await trail.write(session)
    signals = [
        (one.workflow_id, RetryRequested(message_id=f"{one.id}/{one.revision}/{one.attempts}")) for one in requests
    ]
    await outbox.enqueue_signals(session, RETRY_REQUESTED, signals)
    await notify_next_in_order(session, requests)  # they no longer block the requests behind them


async def _refresh_snapshots(
    session: AsyncSession, catalogs: CatalogCache, trail: AuditTrail, now: datetime, requests: Sequence[SyncRequest]
) -> None:
    if not requests:
        return
    wanted = [SnapshotRequest(one.subscription_id, one.kind, one.sequence) for one in requests]
    snapshots = await build_snapshots(session, catalogs, wanted, now)
    for request, snapshot in zip(requests, snapshots, strict=True):
        request.revision += 1
        request.snapshot = snapshot
        request.snapshot_hash = snapshot_hash(snapshot)
        request.acknowledgement = None
    request_ids = {request.subscription_id: request.journey for request in requests}
    retried = await session.execute(
        update(SubscriptionDevice)
        .where(
            col(SubscriptionDevice.subscription_id).in_(request_ids),
            col(SubscriptionDevice.registration) == RegistrationState.REGISTRATION_FAILED,
        )
        .values(registration=RegistrationState.REGISTERING, message="")
        .returning(col(SubscriptionDevice.subscription_id), col(SubscriptionDevice.device_id))
    )
    for subscription, device in retried.all():
        path = (RegistrationState.REGISTRATION_FAILED, RegistrationState.REGISTERING)
        trail.for_request(request_ids[subscription]).transition(REGISTRATION_TRANSITIONS, device, *path)


async def cancel(session: AsyncSession, scope: Scope, sync_request_id: str, reason: str) -> SyncState:
    """Cancel a request in error: the DERMS will not hear of it, and the next change of the subscription is sent. A
    canceled request stays canceled.

    Raises:
        NotFound: there is none.
        IllegalTransition: it is not in error.
    """
    now = datetime.now(UTC)
    request = await get_for_update(session, sync_request_id)
    if request.state is _Y.CANCELLED:
        return request.state
    if request.state is not _Y.ERROR:
        raise IllegalTransition(
            f"The sync request is {request.state}; only one in error can be canceled.",
            fix="One that is on its way ends synchronized or in error; one that has ended stays as it is.",
        )
    trail = AuditTrail(scope, now, request.journey)
    await cancel_request(session, trail, request, reason, now)
    await trail.write(session)
    await notify_next_in_order(session, [request])
    return request.state

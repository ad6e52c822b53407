"""What people do about sync requests in error: retry them once the data is corrected, one or many, or give them up."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.errors import Conflict, IllegalTransition, NotFound
from models.messages.enroll import RETRY_REQUESTED, RetryRequested
from models.scope import OperatorScope, Scope
from models.states import (
    REGISTRATION_TRANSITIONS,
    SYNC_TRANSITIONS,
    RegistrationState,
    SubscriptionState,
    SyncKind,
    SyncState,
)
from models.sync_filter import SyncFilter
from models.tables.subscription import ProgramSubscription, SubscriptionDevice
from models.tables.sync_request import SyncRequest
from operations import outbox
from operations.audit import Trail
from operations.catalog import Catalogs
from operations.hand_over import announce_by_itself
from operations.queries.sync_requests import criteria
from operations.snapshots import Wanted, many_taken
from operations.sync_requests import locked
from operations.sync_turns import give_up, pass_on
from rules.snapshots import snapshot_hash
from rules.sync_order import FINAL, TECHNICAL

_Y = SyncState


class Retried(NamedTuple):
    """How many match, and how many of them were retried: none of them in a dry run."""

    matching: int
    retried: int


async def retry(session: AsyncSession, scope: Scope, catalogs: Catalogs, sync_request_id: str) -> SyncState:
    """Has a request in error sent again. After an answer from the DERMS the snapshot is taken anew, under a new key;
    without an answer the same bytes go out under the same key, for the DERMS may have them.

    Raises:
        NotFound: there is none.
        IllegalTransition: it is not in error.
    """
    request = await locked(session, sync_request_id)
    if request.state is not _Y.ERROR:
        raise IllegalTransition(
            f"The sync request is {request.state}; only one in error can be retried.",
            fix="Nothing needs to be done if it is on its way. POST /v1/sync-requests tells the DERMS again.",
        )
    await _retry(session, scope, catalogs, [request])
    return request.state


async def tell_again(
    session: AsyncSession, scope: Scope, catalogs: Catalogs, subscription_id: str, timeout: float
) -> str:
    """Tells the DERMS of a subscription as it is now, by a sync request of its own, as after one that was given up;
    gives its id.

    Raises:
        NotFound: there is no such subscription.
        Conflict: nobody takes part by it, or an earlier sync request of it is not final.
    """
    subscription = await session.get(ProgramSubscription, subscription_id, with_for_update=True)
    if subscription is None:
        raise NotFound(f"There is no subscription {subscription_id}.", fix="GET /v1/program-enrollments/{id} names it.")
    if subscription.state is not SubscriptionState.ACTIVE:
        raise Conflict(
            f"The subscription is {subscription.state}; there is nothing to tell again.",
            fix="Only an active one is told again; GET /v1/sync-requests lists what the DERMS was told before.",
        )
    of_it = (col(SyncRequest.subscription_id) == subscription_id, col(SyncRequest.state).not_in(FINAL))
    under_way = await session.scalar(select(func.max(SyncRequest.id)).where(*of_it))
    if under_way is not None:
        raise Conflict(f"{under_way} tells the DERMS already.", fix=f"See GET /v1/sync-requests/{under_way}.")
    journey, kind, now = subscription.enrollment_id, SyncKind.CUSTOMER_ASSET_LOAD, datetime.now(UTC)
    trail = Trail(scope, now, journey)
    made = await announce_by_itself(session, trail, catalogs, subscription, kind, journey, now, timeout)
    await trail.write(session)
    return made


async def retry_many(
    session: AsyncSession, scope: OperatorScope, catalogs: Catalogs, wanted: SyncFilter, *, dry_run: bool, limit: int
) -> Retried:
    """Retries those in error that the filter means, the oldest first; each exactly as `retry` does one.

    One that somebody else is working on at this moment is left to them.
    """
    meant = [col(SyncRequest.state) == _Y.ERROR, *criteria(scope, wanted, datetime.now(UTC))]
    matching = await session.scalar(select(func.count()).select_from(SyncRequest).where(*meant)) or 0
    if dry_run or not matching:
        return Retried(matching, 0)
    chosen = select(SyncRequest).where(*meant).order_by(col(SyncRequest.id)).limit(limit)
    requests = (await session.scalars(chosen.with_for_update(skip_locked=True))).all()
    await _retry(session, scope, catalogs, requests)
    return Retried(matching, len(requests))


async def _retry(session: AsyncSession, scope: Scope, catalogs: Catalogs, requests: Sequence[SyncRequest]) -> None:
    now = datetime.now(UTC)
    trail = Trail(scope, now, "")
    for request in requests:
        of_this = trail.beside(request.journey)
        request.state = of_this.moved(SYNC_TRANSITIONS, request.id, request.state, _Y.PENDING, reason="retried")
    answered = [request for request in requests if request.error_code not in TECHNICAL]
    await _take_anew(session, catalogs, trail, now, answered)
    for request in requests:
        request.error_code = request.error_text = None
        request.updated_at = now
    await trail.write(session)
    signals = [
        (one.workflow_id, RetryRequested(message_id=f"{one.id}/{one.revision}/{one.attempts}")) for one in requests
    ]
    await outbox.signal(session, RETRY_REQUESTED, signals)
    await pass_on(session, requests)  # what waits for them is not held up any more, and says so


async def _take_anew(
    session: AsyncSession, catalogs: Catalogs, trail: Trail, now: datetime, requests: Sequence[SyncRequest]
) -> None:
    if not requests:
        return
    wanted = [Wanted(one.subscription_id, one.kind, one.sequence) for one in requests]
    pictures = await many_taken(session, catalogs, wanted, now)
    for request, picture in zip(requests, pictures, strict=True):
        request.revision += 1
        request.snapshot = picture
        request.snapshot_hash = snapshot_hash(picture)
        request.acknowledgement = None
    journeys = {request.subscription_id: request.journey for request in requests}
    again = await session.execute(
        update(SubscriptionDevice)
        .where(
            col(SubscriptionDevice.subscription_id).in_(journeys),
            col(SubscriptionDevice.registration) == RegistrationState.REGISTRATION_FAILED,
        )
        .values(registration=RegistrationState.REGISTERING, message="")
        .returning(col(SubscriptionDevice.subscription_id), col(SubscriptionDevice.device_id))
    )
    for subscription, device in again.all():
        path = (RegistrationState.REGISTRATION_FAILED, RegistrationState.REGISTERING)
        trail.beside(journeys[subscription]).moved(REGISTRATION_TRANSITIONS, device, *path)


async def cancel(session: AsyncSession, scope: Scope, sync_request_id: str, reason: str) -> SyncState:
    """Gives a request in error up: the DERMS will not be told, and the next change of the subscription has its turn.
    One that is cancelled stays so.

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
            fix="One that is on its way ends synchronized or in error; one that has ended stays as it is.",
        )
    trail = Trail(scope, now, request.journey)
    await give_up(session, trail, request, reason, now)
    await trail.write(session)
    await pass_on(session, [request])
    return request.state

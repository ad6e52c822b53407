"""Writing down that the DERMS must learn of a change: one sync request, with the snapshot as it is now.

What was announced before and never sent is joined into it; an enrolment undone before anything was sent is told to
nobody (docs/domain.md#order).
"""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.ids import new_id
from models.states.subscription import REGISTRATION_TRANSITIONS, RegistrationState
from models.states.sync_request import SYNC_TRANSITIONS, SyncKind, SyncState
from models.tables.subscription import ProgramSubscription, SubscriptionDevice
from models.tables.sync_request import SyncRequest
from operations.catalog.versions import CatalogCache, IndexedCatalog
from operations.platform.audit import AuditTrail
from operations.synchronization import sync_queue
from operations.synchronization.snapshots import build_snapshot
from rules.synchronization.order import EarlierRequest, SyncPlan, leaves_no_device, plan_sync_request
from rules.synchronization.snapshots import snapshot_hash

_NEVER_SENT = "undone before the DERMS heard of it"


class RequestRef(NamedTuple):
    """The request a change belongs to (`enr_…`, `unr_…`, `svc_…`), and the flow that tells the DERMS of it."""

    id: str
    workflow_id: str


async def enqueue_sync(
    session: AsyncSession,
    trail: AuditTrail,
    catalogs: CatalogCache,
    subscription: ProgramSubscription,
    kind: SyncKind,
    journey: RequestRef,
    instant: datetime,
    *,
    urgent: bool = False,
) -> str:
    """Makes the sync request, next in its subscription's sequence; gives its id. Flush what it shall show before.

    `urgent` does not wait for a batch, whatever the program's sync policy: control must stop at once.
    With nothing to tell it is discarded at once, its leaving devices deregistered.

    Raises:
        Unavailable (when the transaction ends): another change of the subscription took the same place in the sequence.
    """
    earlier, unsent = await _get_earlier_requests(session, subscription.id)
    sequence = earlier[0].sequence + 1 if earlier else 1
    picture = await build_snapshot(session, catalogs, subscription.id, kind, sequence, instant)
    chosen = plan_sync_request(kind, earlier, anyone_enrolled=not leaves_no_device(picture))
    request = _build_sync_request(
        subscription, chosen, journey, sequence, picture, await catalogs.get_current(session), instant
    )
    request.held = request.held and not urgent
    session.add(request)
    trail.note(request.id, "syn:pending", details={"kind": chosen.kind})
    await _discard_superseded(session, trail, [row for row in unsent if row.id in chosen.merged], request, instant)
    if chosen.is_unnecessary:
        _discard(trail, request, _NEVER_SENT, instant)
        await _deregister_never_sent(session, trail, subscription.id)
    await session.flush()
    return request.id


async def _get_earlier_requests(
    session: AsyncSession, subscription_id: str
) -> tuple[list[EarlierRequest], list[SyncRequest]]:
    """All requests so far, the newest first; and the pending ones, locked newest first as everywhere."""
    pending = await session.scalars(
        select(SyncRequest)
        .where(
            col(SyncRequest.subscription_id) == subscription_id,
            col(SyncRequest.state) == SyncState.PENDING,
            col(SyncRequest.attempts) == 0,
        )
        .order_by(col(SyncRequest.sequence).desc())
        .with_for_update()
    )
    unsent = list(pending)
    rows = await session.execute(
        select(
            col(SyncRequest.id),
            col(SyncRequest.sequence),
            col(SyncRequest.kind),
            col(SyncRequest.state),
            col(SyncRequest.attempts),
        )
        .where(col(SyncRequest.subscription_id) == subscription_id)
        .order_by(col(SyncRequest.sequence).desc())
    )
    return [EarlierRequest(*row) for row in rows.all()], unsent


def _build_sync_request(
    subscription: ProgramSubscription,
    chosen: SyncPlan,
    journey: RequestRef,
    sequence: int,
    picture: dict[str, Any],
    catalog: IndexedCatalog,
    instant: datetime,
) -> SyncRequest:
    program = catalog.programs.get(subscription.program)
    return SyncRequest(
        id=new_id("syn"),
        kind=chosen.kind,
        subscription_id=subscription.id,
        sequence=sequence,
        enrollment_id=subscription.enrollment_id,
        journey=journey.id,
        workflow_id=journey.workflow_id,
        program=subscription.program,
        state=SyncState.PENDING,
        held=program is not None and program.sync_policy == "batched",
        endpoint=catalog.derms_endpoint,
        snapshot={**picture, "kind": chosen.kind},
        snapshot_hash=snapshot_hash(picture),
        created_at=instant,
        updated_at=instant,
    )


async def _discard_superseded(
    session: AsyncSession, trail: AuditTrail, earlier: list[SyncRequest], request: SyncRequest, instant: datetime
) -> None:
    for row in earlier:
        _discard(trail.for_request(row.journey), row, f"joined into {request.id}", instant)
    await sync_queue.notify_workflows(session, [(row.id, row.workflow_id) for row in earlier])


def _discard(trail: AuditTrail, row: SyncRequest, why: str, instant: datetime) -> None:
    row.state = trail.transition(SYNC_TRANSITIONS, row.id, row.state, SyncState.DISCARDED, reason=why)
    row.held, row.note, row.updated_at = False, why, instant


async def _deregister_never_sent(session: AsyncSession, trail: AuditTrail, subscription_id: str) -> None:
    """Devices on their way out of a DERMS that never knew them are out: no acknowledgement will come."""
    leaving = (
        col(SubscriptionDevice.subscription_id) == subscription_id,
        col(SubscriptionDevice.registration) == RegistrationState.REMOVING,
    )
    out = await session.execute(
        update(SubscriptionDevice)
        .where(*leaving)
        .values(registration=RegistrationState.DEREGISTERED, message=_NEVER_SENT)
        .returning(col(SubscriptionDevice.device_id))
    )
    for (device,) in out.all():
        path = (RegistrationState.REMOVING, RegistrationState.DEREGISTERED)
        trail.transition(REGISTRATION_TRANSITIONS, device, *path, reason=_NEVER_SENT)

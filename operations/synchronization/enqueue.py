"""Record that the DERMS must learn of a change: one sync request, with the snapshot as it is now.

A request that was never sent is merged into it, and an enrollment that is undone before anything was sent is not sent
at all (docs/domain.md#order).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

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
from operations.platform.lifecycle import RequestRef
from operations.synchronization import sync_queue
from operations.synchronization.snapshots import build_snapshot
from rules.synchronization.order import EarlierRequest, leaves_no_device, plan_sync_request
from rules.synchronization.snapshots import snapshot_hash

_NEVER_SENT = "undone before the DERMS heard of it"


async def enqueue_sync(
    session: AsyncSession,
    trail: AuditTrail,
    catalogs: CatalogCache,
    subscription: ProgramSubscription,
    kind: SyncKind,
    ref: RequestRef,
    instant: datetime,
    *,
    urgent: bool = False,
) -> str:
    """Create the sync request that notifies the DERMS of a change, next in its subscription's order, and return its id.

    Flush the change before: the snapshot is read from the database. With `urgent` the request does not wait for a
    batch, whatever the program's sync policy: control must stop at once. If the DERMS need not hear of the change, the
    request is discarded at once and the devices that were being removed are deregistered.

    Raises:
        Unavailable (when the transaction ends): another change of the subscription took the same place in the order.
    """
    earlier, unsent = await _get_earlier_requests(session, subscription.id)
    sequence = earlier[0].sequence + 1 if earlier else 1
    snapshot = await build_snapshot(session, catalogs, subscription.id, kind, sequence, instant)
    plan = plan_sync_request(kind, earlier, anyone_enrolled=not leaves_no_device(snapshot))
    catalog = await catalogs.get_current(session)
    values = build_sync_request(subscription.model_dump(), snapshot | {"kind": plan.kind}, ref, catalog, instant)
    request = SyncRequest(**values)
    request.held = request.held and not urgent
    session.add(request)
    trail.note(request.id, "syn:pending", details={"kind": plan.kind})
    await _discard_superseded(session, trail, [row for row in unsent if row.id in plan.merged], request, instant)
    if plan.is_unnecessary:
        _discard(trail, request, _NEVER_SENT, instant)
        await _deregister_never_sent(session, trail, subscription.id)
    await session.flush()
    return request.id


def build_sync_request(
    subscription: Mapping[str, Any],
    snapshot: dict[str, Any],
    ref: RequestRef,
    catalog: IndexedCatalog,
    instant: datetime,
) -> dict[str, Any]:
    """Return the columns of a new sync request. It is held for a batch if the program's sync policy says so."""
    program = catalog.programs.get(subscription["program"])
    return {
        "id": new_id("syn"),
        "kind": SyncKind(snapshot["kind"]),
        "subscription_id": subscription["id"],
        "sequence": snapshot["sequence"],
        "enrollment_id": subscription["enrollment_id"],
        "journey": ref.id,
        "workflow_id": ref.workflow_id,
        "program": subscription["program"],
        "state": SyncState.PENDING,
        "revision": 1,
        "endpoint": catalog.derms_endpoint,
        "snapshot": snapshot,
        "snapshot_hash": snapshot_hash(snapshot),
        "held": program is not None and program.sync_policy == "batched",
        "attempts": 0,
        "created_at": instant,
        "updated_at": instant,
    }


async def _get_earlier_requests(
    session: AsyncSession, subscription_id: str
) -> tuple[list[EarlierRequest], list[SyncRequest]]:
    """Return all requests so far, and those that were never sent, locked. Both are sorted newest first: every
    transaction locks the requests of a subscription in this order."""
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
    """Deregister the devices that were being removed from a DERMS that never knew them: no acknowledgement comes."""
    removing = (
        col(SubscriptionDevice.subscription_id) == subscription_id,
        col(SubscriptionDevice.registration) == RegistrationState.REMOVING,
    )
    deregistered = await session.execute(
        update(SubscriptionDevice)
        .where(*removing)
        .values(registration=RegistrationState.DEREGISTERED, message=_NEVER_SENT)
        .returning(col(SubscriptionDevice.device_id))
    )
    for (device,) in deregistered.all():
        path = (RegistrationState.REMOVING, RegistrationState.DEREGISTERED)
        trail.transition(REGISTRATION_TRANSITIONS, device, *path, reason=_NEVER_SENT)

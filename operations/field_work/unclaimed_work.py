"""Work that was done on site, or a device that was sent, for a request that has ended: a person settles what becomes of
it.

See docs/domain.md#unclaimed-work.
"""

from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.requests.completion import COMPLETION_ACCEPTED, Completion
from models.scope import Scope
from models.tables.device_setup import DeviceShipment
from models.tables.work_order import WorkOrder, WorkOrderCompletion
from operations.platform.audit import AuditTrail, kind_of
from operations.platform.lifecycle import Entity
from wording.work_order import describe_work_done, nothing_to_settle

Claimable = TypeVar("Claimable", WorkOrder, DeviceShipment)


def mark_unclaimed(trail: AuditTrail, row: WorkOrder | DeviceShipment, instant: datetime, what: str) -> None:
    """Note what nobody needs any more. It is on the list of what needs attention until a person settles it."""
    row.unclaimed = what
    row.updated_at = instant
    trail.note(row.id, f"{kind_of(row.id)}:unclaimed", reason=what)


def mark_if_work_was_done(trail: AuditTrail, row: WorkOrder, report: Completion, instant: datetime, why: str) -> None:
    """Keep sight of what a technician did on site although the order was no longer needed."""
    if done := describe_work_done(row.kind, report):
        mark_unclaimed(trail, row, instant, f"{done}, although it was not wanted any more: {why}")


async def mark_orders_unclaimed(
    session: AsyncSession, trail: AuditTrail, which: ColumnElement[bool], instant: datetime, why: str
) -> None:
    """Mark what was reported as done for orders that are no longer needed. Reports that nobody has processed yet stay
    visible, with the reason why they change nothing."""
    statement = (
        select(WorkOrder, WorkOrderCompletion)
        .join(WorkOrderCompletion, col(WorkOrderCompletion.work_order_id) == col(WorkOrder.id))
        .where(which)
        .where(col(WorkOrderCompletion.verdict).is_(None) | (col(WorkOrderCompletion.verdict) == COMPLETION_ACCEPTED))
    )
    for row, stored in (await session.execute(statement)).all():
        if stored.verdict is None:
            stored.verdict = f"ignored: {why}"
            trail.note(row.id, "wo:report_ignored", reason=why)
        mark_if_work_was_done(trail, row, Completion.model_validate(stored.body), instant, why)


async def settle_unclaimed(
    session: AsyncSession, scope: Scope, rows: Entity[Claimable], row_id: str, reason: str
) -> Claimable:
    """Record a person's word on what becomes of the work or the device: the customer keeps it, or it is lost.

    Raises:
        NotFound: there is no such order or shipment.
        IllegalTransition: there is nothing to settle.
    """
    now = datetime.now(UTC)
    row = await rows.get_for_update(session, row_id)
    if row.unclaimed is None:
        raise nothing_to_settle()
    trail = AuditTrail(scope, now, row.journey)
    row.unclaimed = None
    row.updated_at = now
    trail.note(row.id, f"{kind_of(row.id)}:settled", reason=reason)
    await trail.write(session)
    return row

"""What was done on site or sent out for a request that has ended: a person says what becomes of it.

See docs/domain.md#unclaimed-work.
"""

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.requests.completion import COMPLETION_ACCEPTED, Completion
from models.scope import Scope
from models.tables.device_setup import DeviceShipment
from models.tables.work_order import WorkOrder, WorkOrderCompletion
from operations.platform.audit import AuditTrail
from wording.work_order import describe_work_done, nothing_to_settle


def mark_unclaimed(trail: AuditTrail, row: WorkOrder | DeviceShipment, instant: datetime, what: str) -> None:
    """Notes what nobody needs any more; it is on the list of what needs attention until it is settled."""
    row.unclaimed = what
    row.updated_at = instant
    trail.note(row.id, "wo:unclaimed" if isinstance(row, WorkOrder) else "shp:unclaimed", reason=what)


def mark_if_work_was_done(trail: AuditTrail, row: WorkOrder, report: Completion, instant: datetime, why: str) -> None:
    """A report of what is not wanted any more: what was done on site all the same must not be lost."""
    if done := describe_work_done(row.kind, report):
        mark_unclaimed(trail, row, instant, f"{done}, although it was not wanted any more: {why}")


async def mark_orders_unclaimed(
    session: AsyncSession, trail: AuditTrail, which: ColumnElement[bool], instant: datetime, why: str
) -> None:
    """What these orders were made for ends otherwise: their reports that were not looked at stay visible with why they
    change nothing, and what was reported as done is not needed any more."""
    statement = (
        select(WorkOrder, WorkOrderCompletion)
        .join(WorkOrderCompletion, col(WorkOrderCompletion.work_order_id) == col(WorkOrder.id))
        .where(which)
        .where(col(WorkOrderCompletion.verdict).is_(None) | (col(WorkOrderCompletion.verdict) == COMPLETION_ACCEPTED))
    )
    for row, kept in (await session.execute(statement)).all():
        if kept.verdict is None:
            kept.verdict = f"ignored: {why}"
            trail.note(row.id, "wo:report_ignored", reason=why)
        mark_if_work_was_done(trail, row, Completion.model_validate(kept.body), instant, why)


async def settle_unclaimed(session: AsyncSession, scope: Scope, row: WorkOrder | DeviceShipment, reason: str) -> None:
    """A person says what became of it.

    Raises:
        IllegalTransition: there is nothing to settle.
    """
    if row.unclaimed is None:
        raise nothing_to_settle()
    now = datetime.now(UTC)
    trail = AuditTrail(scope, now, row.journey)
    row.unclaimed = None
    row.updated_at = now
    trail.note(row.id, "wo:settled" if isinstance(row, WorkOrder) else "shp:settled", reason=reason)
    await trail.write(session)

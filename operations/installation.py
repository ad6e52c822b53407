"""Associating the device that a technician installed, and ending a setup that took too long.

See docs/domain.md#device-setup.
"""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.application import RequestedDevice
from models.completion import Completion
from models.errors import NotFound
from models.messages.enroll import Accepted
from models.messages.site_visit import Installed, SiteVisitCompleted
from models.scope import SystemScope
from models.states import ENROLLMENT_TRANSITIONS, EnrollmentState
from models.tables.work_order import WorkOrder, WorkOrderCompletion
from models.task_states import ShipmentState, WorkOrderState
from operations import completions, enrollments, shipments, work_orders
from operations.acceptance import standing, taken_up
from operations.brought_devices import WAITING, as_requested, candidate, settle
from operations.catalog import Catalogs

_E = EnrollmentState


async def associate_installed(
    session: AsyncSession, scope: SystemScope, catalogs: Catalogs, enrollment_id: str, work_order_id: str
) -> Installed:
    """The device that the order's report names is associated, and what was reserved for it is made exact. One that
    cannot be taken after all sends the order back to the technician. Done again, it says what came of it.

    Raises:
        NotFound: no such enrolment or order.
        Unavailable: another request took the serial number at the same moment; the same again says who has it.
    """
    now = datetime.now(UTC)
    row, usage = await taken_up(session, scope, enrollment_id)
    if row.state not in WAITING:
        here = await standing(session, enrollment_id)
        return Installed(state=here.state, sync_request_id=here.sync_request_id)
    order = await work_orders.locked(session, work_order_id)
    if order.state is not WorkOrderState.COMPLETED:
        return Installed(state=row.state, verdict=order.sent_back or f"{order.number} is {order.state}.")
    kept = await completions.report_taken(session, work_order_id)
    completion = Completion.model_validate(kept.body)
    one = await candidate(session, catalogs, now, (row, usage), (_device(completion),), completion.technician)
    installed = await settle(session, scope, now, one)
    if installed.verdict:
        await work_orders.send_back(session, scope, work_order_id, installed.verdict, kept)
    return installed


def _device(completion: Completion) -> RequestedDevice:
    installed = completion.device_installed
    if installed is None:
        raise NotFound(f"The report {completion.completion_id} names no device.")
    return as_requested(installed)


async def expire(session: AsyncSession, scope: SystemScope, catalogs: Catalogs, enrollment_id: str) -> Accepted:
    """Ends a setup that took too long, unless what settles it came in before: a technician's report, which is
    looked at first, or the customer's confirmation.

    Raises:
        NotFound: there is none.
    """
    enrollment = await enrollments.locked(session, enrollment_id)
    settled = False
    for report in await _unread(session, enrollment_id):
        taken = await completions.take(session, scope, catalogs, report)
        settled = settled or not (taken.waits or taken.attempts_used_up)
    shipment = await shipments.last_of(session, enrollment_id)
    settled = settled or (shipment is not None and shipment.state is ShipmentState.CONFIRMED)
    if not settled and _E.EXPIRED in ENROLLMENT_TRANSITIONS[enrollment.state]:
        await enrollments.end(
            session, scope, catalogs, enrollment, _E.EXPIRED, "No device was installed within the time allowed."
        )
    return await standing(session, enrollment_id)


async def _unread(session: AsyncSession, enrollment_id: str) -> list[SiteVisitCompleted]:
    statement = (
        select(col(WorkOrderCompletion.work_order_id), col(WorkOrderCompletion.completion_id))
        .join(WorkOrder, col(WorkOrder.id) == col(WorkOrderCompletion.work_order_id))
        .where(col(WorkOrder.journey) == enrollment_id, col(WorkOrderCompletion.verdict).is_(None))
        .order_by(col(WorkOrderCompletion.received_at))
    )
    rows = await session.execute(statement)
    return [SiteVisitCompleted(work_order_id=order, completion_id=completion) for order, completion in rows]

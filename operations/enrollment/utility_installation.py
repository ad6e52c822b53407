"""Associating the device that a technician installed, and ending a setup that took too long.

See docs/domain.md#device-setup.
"""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.errors import NotFound
from models.messages.enrollment import EnrollmentProgress
from models.messages.site_visit import InstallationResult, SiteVisitCompleted
from models.requests.completion import Completion
from models.requests.enrollment import RequestedDevice
from models.scope import SystemScope
from models.states.enrollment import ENROLLMENT_TRANSITIONS, EnrollmentState
from models.states.shipment import ShipmentState
from models.states.work_order import WorkOrderState
from models.tables.work_order import WorkOrder, WorkOrderCompletion
from operations.catalog.versions import CatalogCache
from operations.enrollment import enrollments
from operations.enrollment.acceptance import get_enrollment_progress, load_and_resume
from operations.enrollment.association_after_setup import (
    AWAITING_DEVICE,
    associate_candidate,
    get_earlier_result,
    load_candidate,
    to_requested_device,
)
from operations.field_work import completions, shipments, work_orders

_E = EnrollmentState


async def associate_installed_device(
    session: AsyncSession, scope: SystemScope, catalogs: CatalogCache, enrollment_id: str, work_order_id: str
) -> InstallationResult:
    """The device that the order's report names is associated, and what was reserved for it is made exact. One that
    cannot be taken after all sends the order back to the technician. Done again, it says what came of it.

    Raises:
        NotFound: no such enrollment or order.
        Unavailable: another request took the serial number at the same moment; the same again says who has it.
    """
    now = datetime.now(UTC)
    row, usage = await load_and_resume(session, scope, enrollment_id)
    if row.state not in AWAITING_DEVICE:
        return await get_earlier_result(session, enrollment_id)
    order = await work_orders.get_for_update(session, work_order_id)
    if order.state is not WorkOrderState.COMPLETED:
        return InstallationResult(state=row.state, verdict=order.sent_back or f"{order.number} is {order.state}.")
    kept = await completions.get_accepted_report(session, work_order_id)
    completion = Completion.model_validate(kept.body)
    one = await load_candidate(
        session, catalogs, now, (row, usage), (_get_installed_device(completion),), completion.technician
    )
    installed = await associate_candidate(session, scope, now, one)
    if installed.verdict:
        await work_orders.send_back(session, scope, work_order_id, installed.verdict, kept)
    return installed


def _get_installed_device(completion: Completion) -> RequestedDevice:
    installed = completion.device_installed
    if installed is None:
        raise NotFound(f"The report {completion.completion_id} names no device.")
    return to_requested_device(installed)


async def expire_setup(
    session: AsyncSession, scope: SystemScope, catalogs: CatalogCache, enrollment_id: str
) -> EnrollmentProgress:
    """Ends a setup that took too long, unless what settles it came in before: a technician's report, which is
    looked at first, or the customer's confirmation.

    Raises:
        NotFound: there is none.
    """
    enrollment = await enrollments.get_for_update(session, enrollment_id)
    settled = False
    for report in await _list_unprocessed_reports(session, enrollment_id):
        taken = await completions.process_report(session, scope, catalogs, report)
        settled = settled or not (taken.waits or taken.attempts_used_up)
    shipment = await shipments.get_latest_of_enrollment(session, enrollment_id)
    settled = settled or (shipment is not None and shipment.state is ShipmentState.CONFIRMED)
    if not settled and _E.EXPIRED in ENROLLMENT_TRANSITIONS[enrollment.state]:
        await enrollments.end_enrollment(
            session, scope, catalogs, enrollment, _E.EXPIRED, "No device was installed within the time allowed."
        )
    return await get_enrollment_progress(session, enrollment_id)


async def _list_unprocessed_reports(session: AsyncSession, enrollment_id: str) -> list[SiteVisitCompleted]:
    statement = (
        select(col(WorkOrderCompletion.work_order_id), col(WorkOrderCompletion.completion_id))
        .join(WorkOrder, col(WorkOrder.id) == col(WorkOrderCompletion.work_order_id))
        .where(col(WorkOrder.journey) == enrollment_id, col(WorkOrderCompletion.verdict).is_(None))
        .order_by(col(WorkOrderCompletion.received_at))
    )
    rows = await session.execute(statement)
    return [SiteVisitCompleted(work_order_id=order, completion_id=completion) for order, completion in rows]

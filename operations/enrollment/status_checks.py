"""Checking through the head-end that the devices of an enrollment answer, before they are enrolled.

See docs/domain.md#device-setup.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.catalog.devices import Specification
from models.ids import enrollment_workflow_id
from models.messages.head_end import StatusChecks, StatusChecksResult
from models.requests.completion import COMPLETION_ACCEPTED, Completion
from models.requests.enrollment import EnrollmentApplication, RequestedDevice
from models.requests.shipment import SelfInstallation
from models.scope import Scope
from models.states.head_end import HeadEndOutcome, HeadEndRequestState, RequestKind
from models.states.shipment import ShipmentState
from models.tables.device_setup import HeadEndRequest
from models.tables.enrollment import Enrollment
from models.tables.work_order import WorkOrder, WorkOrderCompletion
from operations.catalog.eligibility_facts import build_device_keys, find_specifications
from operations.catalog.versions import CatalogCache
from operations.enrollment import enrollments
from operations.enrollment.association_after_setup import to_requested_device
from operations.field_work import shipments
from operations.field_work.head_end_requests import (
    OPEN_STATES,
    HeadEndDevice,
    HeadEndRequester,
    create_request,
    get_many_for_update,
    transition,
)
from operations.platform.audit import AuditTrail
from wording.head_end import describe_failed_status_check

_Q = HeadEndRequestState


async def start_status_checks(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, enrollment_id: str
) -> StatusChecks:
    """A round of requests, one for each device that has not answered well yet. One that is open is not asked twice.

    Raises:
        NotFound: no such enrollment.
    """
    now = datetime.now(UTC)
    enrollment = await enrollments.get_for_update(session, enrollment_id)
    devices = await _get_devices_to_check(session, catalogs, enrollment)
    asked = await _list_status_checks(session, enrollment_id)
    passed = {one.device_key for one in asked if one.outcome == HeadEndOutcome.OK}
    waiting = {one.device_key: one.id for one in asked if one.state in OPEN_STATES}
    trail = AuditTrail(scope, now, enrollment_id)
    enrollments.resume_if_parked(trail, enrollment, now)
    asking = HeadEndRequester(enrollment.id, enrollment_workflow_id(enrollment.id), enrollment.id)
    made = [
        create_request(
            session, trail, RequestKind.STATUS_CHECK, _build_head_end_device(key, device, specification), asking, now
        )
        for key, (device, specification) in devices.items()
        if key not in passed and key not in waiting
    ]
    await trail.write(session)
    await session.flush()
    open_ones = [waiting[key] for key in devices if key in waiting and key not in passed]
    return StatusChecks(request_ids=(*open_ones, *(row.id for row in made)))


def _build_head_end_device(key: str, device: RequestedDevice, specification: Specification) -> HeadEndDevice:
    return HeadEndDevice(
        head_end=specification.head_end,
        manufacturer=specification.manufacturer,
        serial_number=device.serial_number,
        nic_id=device.nic_id,
        key=key,
    )


async def _list_status_checks(session: AsyncSession, enrollment_id: str) -> list[HeadEndRequest]:
    statement = select(HeadEndRequest).where(
        col(HeadEndRequest.journey) == enrollment_id, col(HeadEndRequest.kind) == RequestKind.STATUS_CHECK
    )
    return list((await session.execute(statement.order_by(col(HeadEndRequest.id)))).scalars())


async def _get_devices_to_check(
    session: AsyncSession, catalogs: CatalogCache, enrollment: Enrollment
) -> dict[str, tuple[RequestedDevice, Specification]]:
    """Those to be enrolled: what was brought, if anything was, or else what the application names."""
    application = EnrollmentApplication.model_validate(enrollment.application)
    brought = await _get_installed_device(session, enrollment.id)
    if brought is not None:
        application = application.model_copy(update={"devices": (brought,)})
    catalog = await catalogs.get_version(session, enrollment.catalog_version)
    specifications = find_specifications(catalog, application)
    keys = build_device_keys(application, specifications)
    together = zip(keys, application.devices, specifications, strict=True)
    return {f"{serial} {maker}": (device, known) for (serial, maker), device, known in together if known is not None}


async def _get_installed_device(session: AsyncSession, enrollment_id: str) -> RequestedDevice | None:
    shipment = await shipments.get_latest_of_enrollment(session, enrollment_id)
    if shipment is not None and shipment.state is ShipmentState.CONFIRMED:
        return to_requested_device(SelfInstallation.model_validate(shipment.confirmation))
    statement = (
        select(col(WorkOrderCompletion.body))
        .join(WorkOrder, col(WorkOrder.id) == col(WorkOrderCompletion.work_order_id))
        .where(col(WorkOrder.journey) == enrollment_id, col(WorkOrderCompletion.verdict) == COMPLETION_ACCEPTED)
        .order_by(col(WorkOrderCompletion.received_at).desc())
        .limit(1)
    )
    body = await session.scalar(statement)
    installed = Completion.model_validate(body).device_installed if body else None
    return to_requested_device(installed) if installed else None


async def conclude_status_checks(
    session: AsyncSession, scope: Scope, enrollment_id: str, request_ids: Iterable[str]
) -> StatusChecksResult:
    """Where the round stands now: what was not answered is given up, until an answer comes all the same."""
    now = datetime.now(UTC)
    rows = await get_many_for_update(session, list(request_ids))
    trail = AuditTrail(scope, now, enrollment_id)
    for row in rows:
        if row.state in OPEN_STATES:
            transition(trail, row, now, _Q.GIVEN_UP, reason="not answered in time")
    await trail.write(session)
    failed = [row for row in rows if row.outcome != HeadEndOutcome.OK]
    return StatusChecksResult(
        passed=not failed,
        why=" ".join(describe_failed_status_check(row.head_end, row.outcome, row.id) for row in failed)[:900],
    )

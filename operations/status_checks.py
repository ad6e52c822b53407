"""Checking through the head-end that the devices of an enrolment answer, before they are enrolled.

See docs/domain.md#device-setup.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.application import EnrollmentApplication, RequestedDevice
from models.catalog import Specification
from models.completion import TAKEN, Completion
from models.head_end import HeadEndOutcome, RequestKind
from models.ids import enrollment_workflow_id
from models.messages.device_setup import Concluded, StatusChecks
from models.scope import Scope
from models.shipment import SelfInstallation
from models.tables.device_setup import HeadEndRequest
from models.tables.enrollment import Enrollment
from models.tables.work_order import WorkOrder, WorkOrderCompletion
from models.task_states import HeadEndRequestState, ShipmentState
from operations import enrollments, shipments
from operations.audit import Trail
from operations.brought_devices import as_requested
from operations.catalog import Catalogs
from operations.facts import device_keys, specifications_of
from operations.head_end_requests import OPEN, AskedDevice, Asking, locked, move, put
from rules.head_end_guidance import device_in_words

_Q = HeadEndRequestState


async def start(session: AsyncSession, scope: Scope, catalogs: Catalogs, enrollment_id: str) -> StatusChecks:
    """A round of requests, one for each device that has not answered well yet. One that is open is not asked twice.

    Raises:
        NotFound: no such enrolment.
    """
    now = datetime.now(UTC)
    enrollment = await enrollments.locked(session, enrollment_id)
    devices = await _devices(session, catalogs, enrollment)
    asked = await _asked(session, enrollment_id)
    passed = {one.device_key for one in asked if one.outcome == HeadEndOutcome.OK}
    waiting = {one.device_key: one.id for one in asked if one.state in OPEN}
    trail = Trail(scope, now, enrollment_id)
    enrollments.resumed(trail, enrollment, now)
    asking = Asking(enrollment.id, enrollment_workflow_id(enrollment.id), enrollment.id)
    made = [
        put(session, trail, RequestKind.STATUS_CHECK, _as_asked(key, device, specification), asking, now)
        for key, (device, specification) in devices.items()
        if key not in passed and key not in waiting
    ]
    await trail.write(session)
    await session.flush()
    open_ones = [waiting[key] for key in devices if key in waiting and key not in passed]
    return StatusChecks(request_ids=(*open_ones, *(row.id for row in made)))


def _as_asked(key: str, device: RequestedDevice, specification: Specification) -> AskedDevice:
    return AskedDevice(
        head_end=specification.head_end,
        manufacturer=specification.manufacturer,
        serial_number=device.serial_number,
        nic_id=device.nic_id,
        key=key,
    )


async def _asked(session: AsyncSession, enrollment_id: str) -> list[HeadEndRequest]:
    statement = select(HeadEndRequest).where(
        col(HeadEndRequest.journey) == enrollment_id, col(HeadEndRequest.kind) == RequestKind.STATUS_CHECK
    )
    return list((await session.execute(statement.order_by(col(HeadEndRequest.id)))).scalars())


async def _devices(
    session: AsyncSession, catalogs: Catalogs, enrollment: Enrollment
) -> dict[str, tuple[RequestedDevice, Specification]]:
    """Those to be enrolled: what was brought, if anything was, or else what the application names."""
    application = EnrollmentApplication.model_validate(enrollment.application)
    brought = await _brought(session, enrollment.id)
    if brought is not None:
        application = application.model_copy(update={"devices": (brought,)})
    catalog = await catalogs.version(session, enrollment.catalog_version)
    specifications = specifications_of(catalog, application)
    keys = device_keys(application, specifications)
    together = zip(keys, application.devices, specifications, strict=True)
    return {f"{serial} {maker}": (device, known) for (serial, maker), device, known in together if known is not None}


async def _brought(session: AsyncSession, enrollment_id: str) -> RequestedDevice | None:
    shipment = await shipments.last_of(session, enrollment_id)
    if shipment is not None and shipment.state is ShipmentState.CONFIRMED:
        return as_requested(SelfInstallation.model_validate(shipment.confirmation))
    statement = (
        select(col(WorkOrderCompletion.body))
        .join(WorkOrder, col(WorkOrder.id) == col(WorkOrderCompletion.work_order_id))
        .where(col(WorkOrder.journey) == enrollment_id, col(WorkOrderCompletion.verdict) == TAKEN)
        .order_by(col(WorkOrderCompletion.received_at).desc())
        .limit(1)
    )
    body = await session.scalar(statement)
    installed = Completion.model_validate(body).device_installed if body else None
    return as_requested(installed) if installed else None


async def conclude(session: AsyncSession, scope: Scope, enrollment_id: str, request_ids: Iterable[str]) -> Concluded:
    """Where the round stands now: what was not answered is given up, until an answer comes all the same."""
    now = datetime.now(UTC)
    rows = await locked(session, list(request_ids))
    trail = Trail(scope, now, enrollment_id)
    for row in rows:
        if row.state in OPEN:
            move(trail, row, now, _Q.GIVEN_UP, reason="not answered in time")
    await trail.write(session)
    failed = [row for row in rows if row.outcome != HeadEndOutcome.OK]
    return Concluded(passed=not failed, why=" ".join(_in_words(row) for row in failed)[:900])


def _in_words(row: HeadEndRequest) -> str:
    """Without the device's numbers, which lead to a person; they are on the request."""
    return f"A device of {row.head_end} {device_in_words(row.outcome)} ({row.id})."

"""Unenrollments as they change state: canceled, parked for a person, resumed, retried."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.errors import Conflict, NotFound
from models.ids import unenrollment_workflow_id
from models.scope import Scope
from models.states.subscription import SUBSCRIPTION_TRANSITIONS, SubscriptionState
from models.states.unenrollment import UNENROLLMENT_TRANSITIONS, UnenrollmentState
from models.states.work_order import WorkOrderState
from models.tables.subscription import ProgramSubscription
from models.tables.unenrollment import Unenrollment
from models.tables.work_order import WorkOrder
from models.unenrolling_device import UnenrollingDevice
from operations.field_work import work_orders
from operations.platform.audit import AuditTrail
from operations.platform.lifecycle import RequestLifecycle
from wording.problems.transitions import nothing_to_retry

_U = UnenrollmentState
_VISIT_STARTED = (WorkOrderState.EN_ROUTE, WorkOrderState.ON_SITE, WorkOrderState.COMPLETED)

LIFECYCLE = RequestLifecycle(
    table=Unenrollment,
    kind="unenrollment",
    transitions=UNENROLLMENT_TRANSITIONS,
    parked=_U.NEEDS_ATTENTION,
    workflow_id=unenrollment_workflow_id,
)
get_for_update = LIFECYCLE.get_for_update
transition = LIFECYCLE.transition
park_unenrollment = LIFECYCLE.park
resume_if_parked = LIFECYCLE.resume_if_parked


def get_device(row: Unenrollment, device_id: str) -> UnenrollingDevice:
    """Returns how far one device of the unenrollment is.

    Raises:
        NotFound: the device is not part of this unenrollment.
    """
    for device in row.devices:
        if device.device == device_id:
            return device
    raise NotFound(f"Device {device_id} does not leave with this unenrollment.", fix="Name one that its view lists.")


def store_device(row: Unenrollment, device: UnenrollingDevice) -> None:
    """Replaces what the row says of this device."""
    row.devices = tuple(device if one.device == device.device else one for one in row.devices)


async def cancel_unenrollment(
    session: AsyncSession, scope: Scope, unenrollment_id: str, reason: str
) -> UnenrollmentState:
    """Cancels a request as long as no device has left; subscription and registrations stay as they were. A canceled
    one stays canceled.

    Raises:
        NotFound: there is none.
        Conflict: a device has left, or a technician has started to remove one.
        IllegalTransition: it was rejected.
    """
    now = datetime.now(UTC)
    row = await get_for_update(session, unenrollment_id)
    if row.state is _U.CANCELLED:
        return row.state
    await _reject_if_begun(session, row)
    trail = AuditTrail(scope, now, row.id)
    transition(trail, row, now, _U.CANCELLED, reason=reason)
    row.reason, row.resume_state = reason, None
    await work_orders.cancel_open_orders(session, trail, col(WorkOrder.journey) == row.id, now, reason)
    subscription = await session.get(ProgramSubscription, row.subscription_id, with_for_update=True)
    if subscription is not None and subscription.state is SubscriptionState.ENDING:
        back = (SubscriptionState.ENDING, SubscriptionState.ACTIVE)
        subscription.state = trail.transition(SUBSCRIPTION_TRANSITIONS, subscription.id, *back, reason=reason)
    await trail.write(session)
    await LIFECYCLE.signal_cancel(session, scope, row, reason)
    return row.state


async def _reject_if_begun(session: AsyncSession, row: Unenrollment) -> None:
    if row.state is _U.UNENROLLED or any(one.left for one in row.devices):
        raise Conflict(
            "A device has left the program already, so it cannot be taken back.",
            fix="Keep the devices still to be fetched (POST …/devices/{device}/kept); enroll again to take part again.",
            code="already-left",
        )
    started = select(col(WorkOrder.number)).where(
        col(WorkOrder.journey) == row.id, col(WorkOrder.state).in_(_VISIT_STARTED)
    )
    number = await session.scalar(started)
    if number is not None:
        raise _visit_started(number)


def _visit_started(number: str) -> Conflict:
    return Conflict(
        f"A technician has started work order {number}.",
        fix="Wait for the technician's report, or call them back first.",
        code="visit-started",
    )


async def cancel_removal_order(
    session: AsyncSession, trail: AuditTrail, device: UnenrollingDevice, now: datetime, reason: str
) -> None:
    """Cancels the order to remove one device, if one is open.

    Raises:
        Conflict: a technician has started it.
    """
    if device.work_order is None:
        return
    order = await work_orders.get_for_update(session, device.work_order)
    if order.state in (WorkOrderState.EN_ROUTE, WorkOrderState.ON_SITE):
        raise _visit_started(order.number)
    await work_orders.cancel_open_orders(session, trail, col(WorkOrder.id) == order.id, now, reason)


async def retry_unenrollment(session: AsyncSession, scope: Scope, unenrollment_id: str) -> UnenrollmentState:
    """Retries what failed: its workflow has the devices removed once more.

    Raises:
        NotFound: there is none.
        IllegalTransition: nothing failed.
    """
    now = datetime.now(UTC)
    row = await get_for_update(session, unenrollment_id)
    if row.state not in (_U.NEEDS_ATTENTION, _U.RECOVERY_PENDING):
        raise nothing_to_retry()
    trail = AuditTrail(scope, now, row.id)
    row.devices = tuple(one.with_changes(attention=None) for one in row.devices)
    row.updated_at, row.version = now, row.version + 1
    resume_if_parked(trail, row, now)
    trail.note(row.id, "unr:retried")
    await trail.write(session)
    await LIFECYCLE.signal_retry(session, row)
    return row.state

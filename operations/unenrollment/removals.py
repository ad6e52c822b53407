"""Devices that are fetched or shipped back: how that ended, came to nothing, or is tried once more."""

from sqlalchemy.ext.asyncio import AsyncSession

from models.classifications import RemovalMethod
from models.errors import Conflict, IllegalTransition
from models.ids import unenrollment_workflow_id
from models.messages.unenrollment import DEVICE_KEPT, DEVICE_RECEIVED, DeviceKept, DeviceReceived, UnenrollmentProgress
from models.scope import Scope
from models.states.unenrollment import UnenrollmentState
from models.states.work_order import CompletionOutcome, WorkOrderState
from models.tables.work_order import WorkOrder
from models.unenrolling_device import RemovalEnd, UnenrollingDevice
from operations.catalog.versions import CatalogCache
from operations.field_work import completions
from operations.platform import outbox
from operations.unenrollment import end_participation
from operations.unenrollment.case import REMOVING_STATES, UnenrollmentCase, load_case, save_and_get_progress
from operations.unenrollment.steps import (
    end_device_participation,
    order_removal,
)
from operations.unenrollment.unenrollments import (
    cancel_removal_order,
    get_device,
    resume_if_parked,
    store_device,
    transition,
)
from rules.unenrollment import decide as rules
from wording.unenrollment import not_removing, suggest_instead_of_receipt

_U = UnenrollmentState


async def end_removal(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, unenrollment_id: str, device_id: str, *, kept: bool
) -> UnenrollmentProgress:
    """The device was taken away, or stays where it is for good. The same again changes nothing.

    Raises:
        NotFound: there is no such unenrollment, or the device does not leave with it.
        IllegalTransition: no device is being fetched.
    """
    case = await load_case(session, scope, catalogs, unenrollment_id)
    await _end_removal(session, catalogs, case, get_device(case.row, device_id), kept=kept)
    return await save_and_get_progress(session, case)


async def _end_removal(
    session: AsyncSession, catalogs: CatalogCache, case: UnenrollmentCase, device: UnenrollingDevice, *, kept: bool
) -> None:
    row, now = case.row, case.now
    if device.ended is not None:
        return
    if row.state not in REMOVING_STATES or not row.devices:
        raise not_removing(row.state, row.id)
    end = RemovalEnd.KEPT if kept else RemovalEnd.REMOVED
    store_device(row, device.with_changes(left=True, attention=None, ended=end))
    if not device.left:
        await end_device_participation(session, catalogs, case, [device.device])
    if not kept:
        await end_participation.record_device_removed(session, case.trail, device.device, now)
    case.trail.note(device.device, "dev:kept" if kept else "dev:fetched")
    if all(one.ended for one in row.devices):
        row.resume_state = row.reason = None
        transition(case.trail, row, now, _U.UNENROLLED)
    elif not any(one.attention for one in row.devices):
        resume_if_parked(case.trail, row, now)


async def receive_device(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, unenrollment_id: str, device_id: str
) -> UnenrollmentState:
    """Records that a shipped device has arrived and notifies the workflow. A repetition changes nothing.

    Raises:
        NotFound: there is no such unenrollment, or the device does not leave with it.
        Conflict: it was not to be shipped back.
        IllegalTransition: no device is awaited.
    """
    case = await load_case(session, scope, catalogs, unenrollment_id)
    device = get_device(case.row, device_id)
    if device.method is not RemovalMethod.SHIP_BACK:
        raise Conflict(
            f"The device leaves by {device.method}; it is not awaited.",
            fix=suggest_instead_of_receipt(device.method),
            code="not-shipped",
        )
    await _end_removal(session, catalogs, case, device, kept=False)
    progress = await save_and_get_progress(session, case)
    message = DeviceReceived(device_id=device_id)
    await outbox.enqueue_signals(session, DEVICE_RECEIVED, [(unenrollment_workflow_id(unenrollment_id), message)])
    return progress.state


async def keep_device(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, unenrollment_id: str, device_id: str, reason: str
) -> UnenrollmentState:
    """An operator ends a removal: the device stays at the premise. Cancels its order and notifies the workflow.

    Raises:
        NotFound: there is no such unenrollment, or the device does not leave with it.
        Conflict: a technician is on the way.
        IllegalTransition: the device was taken away, or no device is being fetched.
    """
    case = await load_case(session, scope, catalogs, unenrollment_id)
    device = get_device(case.row, device_id)
    if device.ended is RemovalEnd.REMOVED:
        raise IllegalTransition("The device was taken away already.", fix="Nothing needs to be done.")
    if device.ended is None:
        await cancel_removal_order(session, case.trail, device, case.now, reason)
        case.trail.note(case.row.id, "unr:kept", reason=reason, details={"device": device_id})
        await _end_removal(session, catalogs, case, device, kept=True)
    progress = await save_and_get_progress(session, case)
    message = DeviceKept(device_id=device_id)
    await outbox.enqueue_signals(session, DEVICE_KEPT, [(unenrollment_workflow_id(unenrollment_id), message)])
    return progress.state


async def fail_removal(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, unenrollment_id: str, device_id: str, reason: str
) -> UnenrollmentProgress:
    """A removal came to nothing: a person decides. Where control was stopped first the customer has left all the same,
    and only the hardware is to be recovered.

    Raises:
        NotFound: there is no such unenrollment, or the device does not leave with it.
    """
    case = await load_case(session, scope, catalogs, unenrollment_id)
    row, device = case.row, get_device(case.row, device_id)
    if device.ended is None and row.state in REMOVING_STATES:
        store_device(row, device.with_changes(attention=reason))
        row.reason = reason
        if row.state is _U.REMOVING and rules.stops_control_first(case.facts):
            transition(case.trail, row, case.now, _U.RECOVERY_PENDING, reason=reason)
        elif row.state is _U.REMOVING:
            row.resume_state = row.state
            transition(case.trail, row, case.now, _U.NEEDS_ATTENTION, reason=reason)
    return await save_and_get_progress(session, case)


async def retry_removal(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, unenrollment_id: str, device_id: str
) -> UnenrollmentProgress:
    """A person wants the device removed after all: one more visit on its order, or a new order if it was cancelled.

    Raises:
        NotFound: there is no such unenrollment, or the device does not leave with it.
    """
    case = await load_case(session, scope, catalogs, unenrollment_id)
    row, device = case.row, get_device(case.row, device_id)
    if device.ended is None and row.state in REMOVING_STATES:
        order = device.work_order
        if device.method is RemovalMethod.UTILITY_REMOVAL:
            order = await _reorder_removal(session, scope, case, device)
        store_device(row, device.with_changes(attention=None, work_order=order))
        if not any(one.attention for one in row.devices):
            resume_if_parked(case.trail, row, case.now)
    return await save_and_get_progress(session, case)


async def _reorder_removal(
    session: AsyncSession, scope: Scope, case: UnenrollmentCase, device: UnenrollingDevice
) -> str:
    """The waiting workflow repeats a visit that found nobody; a refused one is repeated only on request."""
    order = await session.get(WorkOrder, device.work_order)
    if order is None or order.state is WorkOrderState.CANCELLED:
        return await order_removal(session, case, device.device)
    refused = order.outcome is not None and not CompletionOutcome(order.outcome).justifies_another_visit
    if order.state is WorkOrderState.INCOMPLETE and refused:
        await completions.allow_another_attempt(session, scope, order.id)
    return order.id


async def record_reminder(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, unenrollment_id: str, device_id: str, *, escalate: bool
) -> UnenrollmentProgress:
    """Notes that a device which is to be shipped back has not come yet.

    Raises:
        NotFound: there is no such unenrollment, or the device does not leave with it.
    """
    case = await load_case(session, scope, catalogs, unenrollment_id)
    device = get_device(case.row, device_id)
    if device.ended is None:
        store_device(case.row, device.with_changes(reminders=device.reminders + 1))
        case.trail.note(case.row.id, "unr:escalated" if escalate else "unr:reminded", details={"device": device_id})
    return await save_and_get_progress(session, case)


async def settle_unenrollment(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, unenrollment_id: str
) -> UnenrollmentProgress:
    """Everything is synchronized: the registrations of deregistered devices become removed or kept.

    Raises:
        NotFound: there is none.
    """
    case = await load_case(session, scope, catalogs, unenrollment_id)
    kept = {one.device: one.ended is RemovalEnd.KEPT for one in case.row.devices if one.ended}
    await end_participation.settle_registrations(session, case.trail, case.subscription.id, kept)
    return await save_and_get_progress(session, case)

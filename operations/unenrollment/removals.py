"""Devices that are fetched or shipped back: how that ended, came to nothing, or is tried once more."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from models.classifications import RemovalMethod
from models.errors import Conflict, IllegalTransition
from models.ids import unenrollment_workflow_id
from models.messages.unenrollment import DEVICE_KEPT, DEVICE_RECEIVED, DeviceKept, DeviceReceived, UnenrollmentProgress
from models.scope import Scope
from models.states.unenrollment import UnenrollmentState
from models.states.work_order import CompletionOutcome, WorkOrderState
from models.tables.work_order import WorkOrder
from operations.catalog.versions import CatalogCache
from operations.field_work import completions
from operations.platform import outbox
from operations.unenrollment import end_participation
from operations.unenrollment.steps import (
    REMOVING_STATES,
    UnenrollmentCase,
    end_device_participation,
    load_case,
    order_removal,
    save_and_get_progress,
)
from operations.unenrollment.unenrollments import (
    cancel_removal_order,
    get_device_entry,
    replace_device_entry,
    resume_if_parked,
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
        NotFound: there is no such unenrolment, or the device does not leave with it.
        IllegalTransition: no device is being fetched.
    """
    case = await load_case(session, scope, catalogs, unenrollment_id)
    await _end_removal(session, catalogs, case, get_device_entry(case.row, device_id), kept=kept)
    return await save_and_get_progress(session, case)


async def _end_removal(
    session: AsyncSession, catalogs: CatalogCache, case: UnenrollmentCase, entry: dict[str, Any], *, kept: bool
) -> None:
    row, now = case.row, case.now
    if entry["ended"] is not None:
        return
    if row.state not in REMOVING_STATES or not row.devices:
        raise not_removing(row.state, row.id)
    left = entry["left"]
    replace_device_entry(row, {**entry, "left": True, "attention": None, "ended": "kept" if kept else "removed"})
    if not left:
        await end_device_participation(session, catalogs, case, [entry["device"]])
    if not kept:
        await end_participation.record_device_removed(session, case.trail, entry["device"], now)
    case.trail.note(entry["device"], "dev:kept" if kept else "dev:fetched")
    if all(one["ended"] for one in row.devices):
        row.resume_state = row.reason = None
        transition(case.trail, row, now, _U.UNENROLLED)
    elif not any(one["attention"] for one in row.devices):
        resume_if_parked(case.trail, row, now)


async def receive_device(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, unenrollment_id: str, device_id: str
) -> UnenrollmentState:
    """A device that was to be shipped back has come; its flow is told. The same again changes nothing.

    Raises:
        NotFound: there is no such unenrolment, or the device does not leave with it.
        Conflict: it was not to be shipped back.
        IllegalTransition: no device is awaited.
    """
    case = await load_case(session, scope, catalogs, unenrollment_id)
    entry = get_device_entry(case.row, device_id)
    if entry["method"] != RemovalMethod.SHIP_BACK:
        raise Conflict(
            f"The device leaves by {entry['method']}; it is not awaited.",
            fix=suggest_instead_of_receipt(RemovalMethod(entry["method"])),
            code="not-shipped",
        )
    await _end_removal(session, catalogs, case, entry, kept=False)
    leaving = await save_and_get_progress(session, case)
    message = DeviceReceived(device_id=device_id)
    await outbox.enqueue_signals(session, DEVICE_RECEIVED, [(unenrollment_workflow_id(unenrollment_id), message)])
    return leaving.state


async def keep_device(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, unenrollment_id: str, device_id: str, reason: str
) -> UnenrollmentState:
    """An operator ends a removal: the device stays where it is. Its order is called off and its flow told.

    Raises:
        NotFound: there is no such unenrolment, or the device does not leave with it.
        Conflict: a technician is on the way.
        IllegalTransition: the device was taken away, or no device is being fetched.
    """
    case = await load_case(session, scope, catalogs, unenrollment_id)
    entry = get_device_entry(case.row, device_id)
    if entry["ended"] == "removed":
        raise IllegalTransition("The device was taken away already.", fix="Nothing needs to be done.")
    if entry["ended"] is None:
        await cancel_removal_order(session, case.trail, entry, case.now, reason)
        case.trail.note(case.row.id, "unr:kept", reason=reason, details={"device": device_id})
        await _end_removal(session, catalogs, case, entry, kept=True)
    leaving = await save_and_get_progress(session, case)
    message = DeviceKept(device_id=device_id)
    await outbox.enqueue_signals(session, DEVICE_KEPT, [(unenrollment_workflow_id(unenrollment_id), message)])
    return leaving.state


async def fail_removal(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, unenrollment_id: str, device_id: str, reason: str
) -> UnenrollmentProgress:
    """A removal came to nothing: a person decides. Where control was stopped first the customer has left all the same,
    and only the hardware is to be recovered.

    Raises:
        NotFound: there is no such unenrolment, or the device does not leave with it.
    """
    case = await load_case(session, scope, catalogs, unenrollment_id)
    row, entry = case.row, get_device_entry(case.row, device_id)
    if entry["ended"] is None and row.state in REMOVING_STATES:
        replace_device_entry(row, {**entry, "attention": reason})
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
    """A person wants the device fetched after all: one more visit on its order, or a new one if that was called off.

    Raises:
        NotFound: there is no such unenrolment, or the device does not leave with it.
    """
    case = await load_case(session, scope, catalogs, unenrollment_id)
    row, entry = case.row, get_device_entry(case.row, device_id)
    if entry["ended"] is None and row.state in REMOVING_STATES:
        entry = {**entry, "attention": None}
        if entry["method"] == RemovalMethod.UTILITY_REMOVAL:
            entry["work_order"] = await _reorder_removal(session, scope, case, entry)
        replace_device_entry(row, entry)
        if not any(one["attention"] for one in row.devices):
            resume_if_parked(case.trail, row, case.now)
    return await save_and_get_progress(session, case)


async def _reorder_removal(session: AsyncSession, scope: Scope, case: UnenrollmentCase, entry: dict[str, Any]) -> str:
    """A visit that found nobody is repeated by the flow that waits for it; one that was refused only if asked here."""
    order = await session.get(WorkOrder, entry["work_order"])
    if order is None or order.state is WorkOrderState.CANCELLED:
        return await order_removal(session, case, entry["device"])
    refused = order.outcome is not None and not CompletionOutcome(order.outcome).justifies_another_visit
    if order.state is WorkOrderState.INCOMPLETE and refused:
        await completions.allow_another_attempt(session, scope, order.id)
    return order.id


async def record_reminder(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, unenrollment_id: str, device_id: str, *, escalate: bool
) -> UnenrollmentProgress:
    """Notes that a device which is to be shipped back has not come yet.

    Raises:
        NotFound: there is no such unenrolment, or the device does not leave with it.
    """
    case = await load_case(session, scope, catalogs, unenrollment_id)
    entry = get_device_entry(case.row, device_id)
    if entry["ended"] is None:
        replace_device_entry(case.row, {**entry, "reminders": entry["reminders"] + 1})
        case.trail.note(case.row.id, "unr:escalated" if escalate else "unr:reminded", details={"device": device_id})
    return await save_and_get_progress(session, case)


async def settle_unenrollment(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, unenrollment_id: str
) -> UnenrollmentProgress:
    """The DERMS is told of all: what it has let go of is removed or kept for good.

    Raises:
        NotFound: there is none.
    """
    case = await load_case(session, scope, catalogs, unenrollment_id)
    gone = {entry["device"]: entry["ended"] == "kept" for entry in case.row.devices if entry["ended"]}
    await end_participation.settle_registrations(session, case.trail, case.subscription.id, gone)
    return await save_and_get_progress(session, case)

"""Devices that are fetched or shipped back: how that ended, came to nothing, or is tried once more."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from models.errors import Conflict, IllegalTransition
from models.ids import unenrollment_workflow_id
from models.messages.unenroll import DEVICE_KEPT, DEVICE_RECEIVED, DeviceKept, DeviceReceived, Leaving
from models.scope import Scope
from models.tables.work_order import WorkOrder
from models.task_states import CompletionOutcome, RemovalMethod, UnenrollmentState, WorkOrderState
from operations import completions, departures, outbox
from operations.catalog import Catalogs
from operations.leaving import UNDER_WAY, Case, leave, load, order_removal, written
from operations.unenrollments import call_off, entry_of, moved, resumed, with_entry
from rules import unenrollment as rules
from rules.unenrollment_guidance import instead_of_receiving

_U = UnenrollmentState


async def ended(
    session: AsyncSession, scope: Scope, catalogs: Catalogs, unenrollment_id: str, device_id: str, *, kept: bool
) -> Leaving:
    """The device was taken away, or stays where it is for good. The same again changes nothing.

    Raises:
        NotFound: there is no such unenrolment, or the device does not leave with it.
        IllegalTransition: no device is being fetched.
    """
    case = await load(session, scope, catalogs, unenrollment_id)
    await _end(session, catalogs, case, entry_of(case.row, device_id), kept=kept)
    return await written(session, case)


async def _end(session: AsyncSession, catalogs: Catalogs, case: Case, entry: dict[str, Any], *, kept: bool) -> None:
    row, now = case.row, case.now
    if entry["ended"] is not None:
        return
    if row.state not in UNDER_WAY or not row.devices:
        raise IllegalTransition(
            f"The unenrolment is {row.state}; no device is being fetched.",
            fix=f"The next_step of /v1/program-unenrollments/{row.id} says what it waits for.",
        )
    left = entry["left"]
    with_entry(row, {**entry, "left": True, "attention": None, "ended": "kept" if kept else "removed"})
    if not left:
        await leave(session, catalogs, case, [entry["device"]])
    if not kept:
        await departures.taken_away(session, case.trail, entry["device"], now)
    case.trail.noted(entry["device"], "dev:kept" if kept else "dev:fetched")
    if all(one["ended"] for one in row.devices):
        row.resume_state = row.reason = None
        moved(case.trail, row, now, _U.UNENROLLED)
    elif not any(one["attention"] for one in row.devices):
        resumed(case.trail, row, now)


async def received(
    session: AsyncSession, scope: Scope, catalogs: Catalogs, unenrollment_id: str, device_id: str
) -> UnenrollmentState:
    """A device that was to be shipped back has come; its flow is told. The same again changes nothing.

    Raises:
        NotFound: there is no such unenrolment, or the device does not leave with it.
        Conflict: it was not to be shipped back.
        IllegalTransition: no device is awaited.
    """
    case = await load(session, scope, catalogs, unenrollment_id)
    entry = entry_of(case.row, device_id)
    if entry["method"] != RemovalMethod.SHIP_BACK:
        raise Conflict(
            f"The device leaves by {entry['method']}; it is not awaited.",
            fix=instead_of_receiving(RemovalMethod(entry["method"])),
            code="not-shipped",
        )
    await _end(session, catalogs, case, entry, kept=False)
    leaving = await written(session, case)
    message = DeviceReceived(device_id=device_id)
    await outbox.signal(session, DEVICE_RECEIVED, [(unenrollment_workflow_id(unenrollment_id), message)])
    return leaving.state


async def keep(
    session: AsyncSession, scope: Scope, catalogs: Catalogs, unenrollment_id: str, device_id: str, reason: str
) -> UnenrollmentState:
    """An operator ends a removal: the device stays where it is. Its order is called off and its flow told.

    Raises:
        NotFound: there is no such unenrolment, or the device does not leave with it.
        Conflict: a technician is on the way.
        IllegalTransition: the device was taken away, or no device is being fetched.
    """
    case = await load(session, scope, catalogs, unenrollment_id)
    entry = entry_of(case.row, device_id)
    if entry["ended"] == "removed":
        raise IllegalTransition("The device was taken away already.", fix="Nothing needs to be done.")
    if entry["ended"] is None:
        await call_off(session, case.trail, entry, case.now, reason)
        case.trail.noted(case.row.id, "unr:kept", reason=reason, details={"device": device_id})
        await _end(session, catalogs, case, entry, kept=True)
    leaving = await written(session, case)
    message = DeviceKept(device_id=device_id)
    await outbox.signal(session, DEVICE_KEPT, [(unenrollment_workflow_id(unenrollment_id), message)])
    return leaving.state


async def failed(
    session: AsyncSession, scope: Scope, catalogs: Catalogs, unenrollment_id: str, device_id: str, reason: str
) -> Leaving:
    """A removal came to nothing: a person decides. Where control was stopped first the customer has left all the same,
    and only the hardware is to be recovered.

    Raises:
        NotFound: there is no such unenrolment, or the device does not leave with it.
    """
    case = await load(session, scope, catalogs, unenrollment_id)
    row, entry = case.row, entry_of(case.row, device_id)
    if entry["ended"] is None and row.state in UNDER_WAY:
        with_entry(row, {**entry, "attention": reason})
        row.reason = reason
        if row.state is _U.REMOVING and rules.stops_control_first(case.facts):
            moved(case.trail, row, case.now, _U.RECOVERY_PENDING, reason=reason)
        elif row.state is _U.REMOVING:
            row.resume_state = row.state
            moved(case.trail, row, case.now, _U.NEEDS_ATTENTION, reason=reason)
    return await written(session, case)


async def another(
    session: AsyncSession, scope: Scope, catalogs: Catalogs, unenrollment_id: str, device_id: str
) -> Leaving:
    """A person wants the device fetched after all: one more visit on its order, or a new one if that was called off.

    Raises:
        NotFound: there is no such unenrolment, or the device does not leave with it.
    """
    case = await load(session, scope, catalogs, unenrollment_id)
    row, entry = case.row, entry_of(case.row, device_id)
    if entry["ended"] is None and row.state in UNDER_WAY:
        entry = {**entry, "attention": None}
        if entry["method"] == RemovalMethod.UTILITY_REMOVAL:
            entry["work_order"] = await _order_again(session, scope, case, entry)
        with_entry(row, entry)
        if not any(one["attention"] for one in row.devices):
            resumed(case.trail, row, case.now)
    return await written(session, case)


async def _order_again(session: AsyncSession, scope: Scope, case: Case, entry: dict[str, Any]) -> str:
    """A visit that found nobody is repeated by the flow that waits for it; one that was refused only if asked here."""
    order = await session.get(WorkOrder, entry["work_order"])
    if order is None or order.state is WorkOrderState.CANCELLED:
        return await order_removal(session, case, entry["device"])
    refused = order.outcome is not None and not CompletionOutcome(order.outcome).another_visit_helps
    if order.state is WorkOrderState.INCOMPLETE and refused:
        await completions.another_attempt(session, scope, order.id)
    return order.id


async def remind(
    session: AsyncSession, scope: Scope, catalogs: Catalogs, unenrollment_id: str, device_id: str, *, escalate: bool
) -> Leaving:
    """Notes that a device which is to be shipped back has not come yet.

    Raises:
        NotFound: there is no such unenrolment, or the device does not leave with it.
    """
    case = await load(session, scope, catalogs, unenrollment_id)
    entry = entry_of(case.row, device_id)
    if entry["ended"] is None:
        with_entry(case.row, {**entry, "reminders": entry["reminders"] + 1})
        case.trail.noted(case.row.id, "unr:escalated" if escalate else "unr:reminded", details={"device": device_id})
    return await written(session, case)


async def settle(session: AsyncSession, scope: Scope, catalogs: Catalogs, unenrollment_id: str) -> Leaving:
    """The DERMS is told of all: what it has let go of is removed or kept for good.

    Raises:
        NotFound: there is none.
    """
    case = await load(session, scope, catalogs, unenrollment_id)
    gone = {entry["device"]: entry["ended"] == "kept" for entry in case.row.devices if entry["ended"]}
    await departures.settle(session, case.trail, case.subscription.id, gone)
    return await written(session, case)

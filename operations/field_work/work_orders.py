"""Work orders: create one, schedule its appointment, record its progress and its reminders, cancel it.

See docs/domain.md#field-work.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.catalog.service_tasks import ServiceLevel
from models.classifications import AssetOwnership
from models.errors import IllegalTransition, Invalid, Pointer
from models.ids import new_id
from models.messages.site_visit import (
    APPOINTMENT_CHANGED,
    WORK_ORDER_CANCELLED,
    AppointmentChanged,
    AwaitedVisit,
    WorkOrderCancelled,
)
from models.requests.enrollment import TimeWindow, WorkOrderPreferences
from models.scope import Scope
from models.states.work_order import WORK_ORDER_TRANSITIONS, WorkOrderKind, WorkOrderState
from models.tables.subscription import ProgramSubscription
from models.tables.work_order import WorkOrder, WorkOrderCompletion
from operations.field_work.context import build_context
from operations.field_work.reminders import mark_reminded
from operations.field_work.unclaimed_work import mark_orders_unclaimed
from operations.platform import outbox
from operations.platform.audit import AuditTrail
from operations.platform.lifecycle import Lifecycle, RequestRef
from rules.field_work_states import states_when_scheduled
from wording.work_order import work_order_next_step

_W = WorkOrderState
_BEFORE_EN_ROUTE = frozenset({_W.DISPATCHED, _W.SCHEDULED, _W.RESCHEDULED})
_CLOSED = (_W.COMPLETED, _W.CANCELLED)


@dataclass(frozen=True, slots=True)
class NewWorkOrder:
    """What a technician is asked to do, where, and within which service level."""

    kind: WorkOrderKind
    request: RequestRef
    subscription: ProgramSubscription
    ownership: AssetOwnership
    catalog_version: int
    reason: str
    service_level: ServiceLevel
    device_id: str | None = None
    priority: str = "normal"
    wishes: WorkOrderPreferences | None = None


async def create_work_order(
    session: AsyncSession, trail: AuditTrail, new: NewWorkOrder, instant: datetime
) -> AwaitedVisit:
    """Create the order. The workflow that asked for it has it dispatched and waits for the visit."""
    order_id = new_id("wo")
    wishes = new.wishes or WorkOrderPreferences()
    session.add(
        WorkOrder(
            id=order_id,
            number=f"WO-{order_id[-10:].upper()}",
            kind=new.kind,
            **build_context(new.request, new.subscription, new.catalog_version),
            device_id=new.device_id,
            ownership=new.ownership,
            priority=new.priority,
            reason=new.reason,
            contact_phone=wishes.contact_phone,
            access_notes=wishes.access_notes,
            wished_start=wishes.window.start if wishes.window else None,
            wished_end=wishes.window.end if wishes.window else None,
            state=_W.CREATED,
            maximum_attempts=new.service_level.attempts,
            created_at=instant,
            updated_at=instant,
        )
    )
    trail.note(order_id, "wo:created", reason=new.reason, details={"kind": new.kind})
    await session.flush()
    return to_visit(order_id, new.service_level)


def to_visit(work_order_id: str, level: ServiceLevel) -> AwaitedVisit:
    """Return the visit as its workflow waits for it."""
    return AwaitedVisit(
        work_order_id=work_order_id,
        remind_after_days=level.remind_after_days,
        escalate_after_days=level.escalate_after_days,
        expire_after_days=level.expire_after_days,
    )


LIFECYCLE = Lifecycle(table=WorkOrder, kind="work_order", transitions=WORK_ORDER_TRANSITIONS)
get_for_update = LIFECYCLE.get_for_update
transition = LIFECYCLE.transition


async def get_latest_of_request(session: AsyncSession, request_id: str) -> WorkOrder | None:
    """Return the newest order that was created for a request."""
    statement = select(WorkOrder).where(col(WorkOrder.journey) == request_id)
    return await session.scalar(statement.order_by(col(WorkOrder.id).desc()).limit(1))


async def record_dispatch(session: AsyncSession, scope: Scope, work_order_id: str, reference: str) -> WorkOrderState:
    """Record that the field-work system has the order under that reference. A repetition changes nothing.

    Raises:
        NotFound: there is none.
    """
    now = datetime.now(UTC)
    row = await get_for_update(session, work_order_id)
    if row.state is _W.CREATED:
        trail = AuditTrail(scope, now, row.journey)
        row.dispatch_reference = reference
        transition(trail, row, now, _W.DISPATCHED)
        await trail.write(session)
    return row.state


async def schedule_appointment(
    session: AsyncSession, scope: Scope, work_order_id: str, window: TimeWindow, technician: str | None
) -> WorkOrder:
    """Make the appointment, or move it. The same appointment again changes nothing.

    Raises:
        NotFound: there is none.
        Invalid: the window has passed.
        IllegalTransition: the technician is on the way or done, or the order was canceled.
    """
    now = datetime.now(UTC)
    _check_window(window, now)
    row = await get_for_update(session, work_order_id)
    appointment = (window.start, window.end, technician or row.technician)
    if row.state is _W.SCHEDULED and appointment == (row.appointment_start, row.appointment_end, row.technician):
        return row
    path = states_when_scheduled(row.state)
    if path is None:
        raise _too_late_to_schedule(row)
    trail = AuditTrail(scope, now, row.journey)
    row.appointment_start, row.appointment_end, row.technician = appointment
    transition(trail, row, now, *path)
    await trail.write(session)
    message = AppointmentChanged(work_order_id=row.id, message_id=f"{row.id}/{row.version}")
    await outbox.enqueue_signals(session, APPOINTMENT_CHANGED, [(row.workflow_id, message)])
    return row


def _check_window(window: TimeWindow, now: datetime) -> None:
    if window.end <= now:
        raise Invalid(
            "The appointment's window has passed.",
            fix="Name one that ends later than now.",
            pointers=[Pointer("/end", "has passed")],
        )


def _too_late_to_schedule(row: WorkOrder) -> IllegalTransition:
    next_step = work_order_next_step(row.state, row.sent_back, row.unclaimed, row.called_off)
    return IllegalTransition(
        f"The work order is {row.state}; an appointment can no longer be made.",
        fix=f"{next_step} The links of its view say what can be done now.",
    )


async def cancel(session: AsyncSession, scope: Scope, work_order_id: str, reason: str) -> WorkOrder:
    """Cancel an order before the technician has started, and notify its workflow. A canceled order stays canceled.

    Raises:
        NotFound: there is none.
        IllegalTransition: it was started, or is final.
    """
    now = datetime.now(UTC)
    row = await get_for_update(session, work_order_id)
    if row.state is not _W.CANCELLED:
        trail = AuditTrail(scope, now, row.journey)
        transition(trail, row, now, _W.CANCELLED, reason=reason)
        await trail.write(session)
        message = WorkOrderCancelled(work_order_id=row.id)
        await outbox.enqueue_signals(session, WORK_ORDER_CANCELLED, [(row.workflow_id, message)])
    return row


async def cancel_open_orders(
    session: AsyncSession, trail: AuditTrail, which: ColumnElement[bool], instant: datetime, reason: str
) -> None:
    """Cancel the orders that are no longer needed, as far as they still can be canceled. An order that a technician has
    started stays open for the technician, whose report then changes nothing."""
    is_open = col(WorkOrder.state).not_in(_CLOSED)
    for row in await session.scalars(select(WorkOrder).where(which, is_open).with_for_update()):
        if _W.CANCELLED in WORK_ORDER_TRANSITIONS[row.state]:
            transition(trail, row, instant, _W.CANCELLED, reason=reason)
        row.called_off = reason
    await mark_orders_unclaimed(session, trail, which, instant, reason)


async def record_progress(session: AsyncSession, scope: Scope, work_order_id: str, step: WorkOrderState) -> WorkOrder:
    """Record that the technician is on the way, or has arrived. A repetition changes nothing.

    Raises:
        NotFound: there is none.
        IllegalTransition: the order has not come that far, or is further.
    """
    now = datetime.now(UTC)
    row = await get_for_update(session, work_order_id)
    if row.state is not step:
        skipped = (_W.EN_ROUTE,) if step is _W.ON_SITE and row.state in _BEFORE_EN_ROUTE else ()
        trail = AuditTrail(scope, now, row.journey)
        transition(trail, row, now, *skipped, step)
        await trail.write(session)
    return row


async def send_back(
    session: AsyncSession, scope: Scope, work_order_id: str, reason: str, completion: WorkOrderCompletion
) -> WorkOrder:
    """Return the order to the technician, with the reason why the device that their report names cannot be used.

    Raises:
        NotFound: there is none.
    """
    now = datetime.now(UTC)
    row = await get_for_update(session, work_order_id)
    trail = AuditTrail(scope, now, row.journey)
    transition(trail, row, now, _W.RESCHEDULED, reason=reason)
    trail.note(row.id, "wo:sent_back", reason=reason)
    row.sent_back, row.outcome, completion.verdict = reason, None, reason
    row.appointment_start = row.appointment_end = None
    await trail.write(session)
    return row


async def record_reminder(session: AsyncSession, scope: Scope, work_order_id: str, *, escalate: bool) -> WorkOrderState:
    """Note that the order has waited too long. An escalated order is on the list of what needs attention.

    Raises:
        NotFound: there is none.
    """
    now = datetime.now(UTC)
    row = await get_for_update(session, work_order_id)
    if row.state in _CLOSED:
        return row.state
    trail = AuditTrail(scope, now, row.journey)
    mark_reminded(trail, row, now, escalate=escalate)
    row.updated_at = now
    await trail.write(session)
    return row.state

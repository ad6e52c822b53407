"""Orders for field work: making one, its appointments, its reminders, and calling it off.

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
from operations.field_work import unclaimed_work
from operations.platform import outbox
from operations.platform.audit import AuditTrail
from operations.platform.lifecycle import Lifecycle
from operations.synchronization.enqueue import RequestRef
from wording.work_order import work_order_next_step

_W = WorkOrderState
_PATHS_TO_SCHEDULED: dict[WorkOrderState, tuple[WorkOrderState, ...]] = {
    _W.CREATED: (_W.DISPATCHED, _W.SCHEDULED),
    _W.DISPATCHED: (_W.SCHEDULED,),
    _W.SCHEDULED: (_W.RESCHEDULED, _W.SCHEDULED),
    _W.RESCHEDULED: (_W.SCHEDULED,),
}
_BEFORE_EN_ROUTE = frozenset({_W.DISPATCHED, _W.SCHEDULED, _W.RESCHEDULED})


@dataclass(frozen=True, slots=True)
class NewWorkOrder:
    """What a technician shall do, where, and within which service level."""

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
    """Makes the order; its flow has it dispatched and waits for the visit."""
    order_id = new_id("wo")
    wish = new.wishes or WorkOrderPreferences()
    session.add(
        WorkOrder(
            id=order_id,
            number=f"WO-{order_id[-10:].upper()}",
            kind=new.kind,
            journey=new.request.id,
            workflow_id=new.request.workflow_id,
            enrollment_id=new.subscription.enrollment_id,
            subscription_id=new.subscription.id,
            device_id=new.device_id,
            program=new.subscription.program,
            catalog_version=new.catalog_version,
            customer_id=new.subscription.customer_id,
            service_point=new.subscription.service_point,
            ownership=new.ownership,
            priority=new.priority,
            reason=new.reason,
            contact_phone=wish.contact_phone,
            access_notes=wish.access_notes,
            wished_start=wish.window.start if wish.window else None,
            wished_end=wish.window.end if wish.window else None,
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
    """The visit as its flow waits for it."""
    return AwaitedVisit(
        work_order_id=work_order_id,
        remind_after_days=level.remind_after_days,
        escalate_after_days=level.escalate_after_days,
        expire_after_days=level.expire_after_days,
    )


LIFECYCLE = Lifecycle(table=WorkOrder, kind="work_order", transitions=WORK_ORDER_TRANSITIONS)
get_for_update = LIFECYCLE.get_for_update
transition = LIFECYCLE.transition


async def record_dispatch(session: AsyncSession, scope: Scope, work_order_id: str, reference: str) -> WorkOrderState:
    """The field-work system has the order under that reference. The same again changes nothing.

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
    """Makes the appointment, or moves it. The same one again changes nothing.

    Raises:
        NotFound: there is none.
        Invalid: the window is over.
        IllegalTransition: the technician is on the way or done, or the order was called off.
    """
    now = datetime.now(UTC)
    if window.end <= now:
        raise Invalid(
            "The appointment's window cannot be kept.",
            fix="Name one that ends later than now.",
            pointers=[Pointer("/end", "is over")],
        )
    row = await get_for_update(session, work_order_id)
    same = (row.appointment_start, row.appointment_end, row.technician)
    if row.state is _W.SCHEDULED and same == (window.start, window.end, technician or row.technician):
        return row
    if row.state not in _PATHS_TO_SCHEDULED:
        next_step = work_order_next_step(row.state, row.sent_back, row.unclaimed, row.called_off)
        raise IllegalTransition(
            f"The work order is {row.state}; an appointment can no longer be made.",
            fix=f"{next_step} The links of its view say what can be done now.",
        )
    trail = AuditTrail(scope, now, row.journey)
    row.appointment_start, row.appointment_end = window.start, window.end
    row.technician = technician or row.technician
    transition(trail, row, now, *_PATHS_TO_SCHEDULED[row.state])
    await trail.write(session)
    message = AppointmentChanged(work_order_id=row.id, message_id=f"{row.id}/{row.version}")
    await outbox.enqueue_signals(session, APPOINTMENT_CHANGED, [(row.workflow_id, message)])
    return row


async def cancel(session: AsyncSession, scope: Scope, work_order_id: str, reason: str) -> WorkOrder:
    """Calls an order off before the technician has started; one that is cancelled stays so. Its flow is told.

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
    """Cancels what can still be cancelled of orders whose purpose ends otherwise. One that a technician has started is
    left to them: their report changes nothing any more."""
    open_orders = await session.execute(
        select(WorkOrder).where(which, col(WorkOrder.state).not_in((_W.COMPLETED, _W.CANCELLED))).with_for_update()
    )
    found = list(open_orders.scalars())
    for row in found:
        if _W.CANCELLED in WORK_ORDER_TRANSITIONS[row.state]:
            transition(trail, row, instant, _W.CANCELLED, reason=reason)
        row.called_off = reason
    await unclaimed_work.mark_orders_unclaimed(session, trail, which, instant, reason)


async def settle_unclaimed(session: AsyncSession, scope: Scope, work_order_id: str, reason: str) -> WorkOrder:
    """What became of what was done on site for a request that had ended.

    Raises:
        NotFound: there is none.
        IllegalTransition: nothing is to be settled.
    """
    row = await get_for_update(session, work_order_id)
    await unclaimed_work.settle_unclaimed(session, scope, row, reason)
    return row


async def record_progress(session: AsyncSession, scope: Scope, work_order_id: str, step: WorkOrderState) -> WorkOrder:
    """The technician is on the way, or has arrived. The same again changes nothing.

    Raises:
        NotFound: there is none.
        IllegalTransition: the order is not so far, or further.
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
    session: AsyncSession, scope: Scope, work_order_id: str, reason: str, kept: WorkOrderCompletion
) -> WorkOrder:
    """What a report named cannot be used after all: the order is the technician's again, with the reason.

    Raises:
        NotFound: there is none.
    """
    now = datetime.now(UTC)
    row = await get_for_update(session, work_order_id)
    trail = AuditTrail(scope, now, row.journey)
    transition(trail, row, now, _W.RESCHEDULED, reason=reason)
    trail.note(row.id, "wo:sent_back", reason=reason)
    row.sent_back, row.outcome, kept.verdict = reason, None, reason
    row.appointment_start = row.appointment_end = None
    await trail.write(session)
    return row


async def record_reminder(session: AsyncSession, scope: Scope, work_order_id: str, *, escalate: bool) -> WorkOrderState:
    """Notes that the order waits for too long; escalated, it is on the list of what needs attention.

    Raises:
        NotFound: there is none.
    """
    now = datetime.now(UTC)
    row = await get_for_update(session, work_order_id)
    if row.state in (_W.COMPLETED, _W.CANCELLED):
        return row.state
    trail = AuditTrail(scope, now, row.journey)
    row.reminders += 1
    if escalate and row.escalated_at is None:
        row.escalated_at = now
    trail.note(row.id, "wo:escalated" if escalate else "wo:reminded")
    row.updated_at = now
    await trail.write(session)
    return row.state

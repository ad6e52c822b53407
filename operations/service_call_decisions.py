"""What people decide about an open service call: what shall be done, that it is taken back, that it is tried again."""

from datetime import UTC, datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.errors import Conflict, IllegalTransition, Invalid
from models.ids import service_call_workflow_id
from models.messages.enroll import CANCEL_REQUESTED, RETRY_REQUESTED, CancelRequested, RetryRequested
from models.messages.service_call import ACTION_CHOSEN, ActionChosen
from models.scope import Scope
from models.service_call import ChosenAction
from models.tables.service_call import ServiceCall
from models.tables.subscription import Device
from models.tables.work_order import WorkOrder, WorkOrderCompletion
from models.task_states import SERVICE_CALL_TRANSITIONS, ServiceCallState, WorkOrderState
from operations import outbox, remote_actions
from operations.audit import Trail
from operations.catalog import Catalogs
from operations.service_calls import locked, moved, parked, resumed
from operations.work_orders import call_off_open
from rules.service_calls import action_faults, instead_of_acting, takes_action
from rules.transitions import nothing_to_retry

_C = ServiceCallState
_STARTED = (WorkOrderState.EN_ROUTE, WorkOrderState.ON_SITE)


async def choose(
    session: AsyncSession, scope: Scope, catalogs: Catalogs, service_call_id: str, chosen: ChosenAction
) -> ServiceCallState:
    """Decides what shall be done, and has the flow do it.

    Raises:
        NotFound: there is none.
        Invalid: the program orders no visit to such a device.
        IllegalTransition: something is under way already, or the call has ended.
    """
    now = datetime.now(UTC)
    row = await locked(session, service_call_id)
    if not takes_action(row.state, row.resume_state, under_way=row.action is not None):
        raise IllegalTransition(
            f"The service call is {row.state.replace('_', ' ')}; nothing can be chosen now.",
            fix=instead_of_acting(row.state),
        )
    device = await session.get(Device, row.device_id)
    catalog = await catalogs.version(session, row.catalog_version)
    faults = action_faults(chosen, device.ownership, catalog.program(row.program)) if device else ()
    if faults:
        raise Invalid(
            "That cannot be done for this device.",
            fix="Choose one that the pointer names as possible.",
            pointers=faults,
        )
    trail = Trail(scope, now, row.id)
    resumed(trail, row, now)
    await remote_actions.give_up(session, trail, row, now)
    row.action = chosen.model_dump(mode="json")
    row.updated_at = now
    row.version += 1
    trail.noted(row.id, "svc:action_chosen", details={"action": chosen.action})
    await trail.write(session)
    message = ActionChosen(message_id=f"{row.id}/{row.version}")
    await outbox.signal(session, ACTION_CHOSEN, [(service_call_workflow_id(row.id), message)])
    return row.state


async def cancel(session: AsyncSession, scope: Scope, service_call_id: str, reason: str) -> ServiceCallState:
    """Takes a call back and calls its visit off; one that is cancelled stays so.

    Raises:
        NotFound: there is none.
        Conflict: a technician is on the way or on site.
        IllegalTransition: it has ended.
    """
    now = datetime.now(UTC)
    row = await locked(session, service_call_id)
    if row.state is _C.CANCELLED:
        return row.state
    await _refuse_while_on_site(session, row)
    trail = Trail(scope, now, row.id)
    await remote_actions.give_up(session, trail, row, now)
    moved(trail, row, now, _C.CANCELLED, reason=reason)
    row.reason, row.resume_state, row.action = reason, None, None
    await call_off_open(session, trail, col(WorkOrder.journey) == row.id, now, reason)
    await trail.write(session)
    message = CancelRequested(reason=reason, actor=scope.actor)
    await outbox.signal(session, CANCEL_REQUESTED, [(service_call_workflow_id(row.id), message)])
    return row.state


async def _refuse_while_on_site(session: AsyncSession, row: ServiceCall) -> None:
    """A visit that has begun, or whose report was not looked at yet, may have changed what hangs there."""
    reported = (
        select(col(WorkOrderCompletion.completion_id))
        .where(
            col(WorkOrderCompletion.work_order_id) == col(WorkOrder.id),
            col(WorkOrderCompletion.attempt) == col(WorkOrder.attempt),
            col(WorkOrderCompletion.verdict).is_(None),
        )
        .exists()
    )
    unused = (col(WorkOrder.state) == WorkOrderState.COMPLETED) & (row.state is _C.AWAITING_SITE_VISIT)
    started = await session.scalar(
        select(col(WorkOrder.number)).where(
            col(WorkOrder.journey) == row.id, or_(col(WorkOrder.state).in_(_STARTED), reported, unused)
        )
    )
    if started is not None:
        first = (
            f"Retry the call first: POST /v1/service-calls/{row.id}/retry. " if row.state is _C.NEEDS_ATTENTION else ""
        )
        raise Conflict(
            f"A technician is or was on the way or on site for {started}; what was done there must not be lost.",
            fix=f"{first}Wait for the report; it ends the call.",
            code="technician-on-site",
        )


async def park(session: AsyncSession, scope: Scope, service_call_id: str, reason: str) -> ServiceCallState:
    """Marks a call as needing a person; it remembers where it was. One that has ended is left alone."""
    now = datetime.now(UTC)
    row = await locked(session, service_call_id)
    if _C.NEEDS_ATTENTION in SERVICE_CALL_TRANSITIONS[row.state]:
        trail = Trail(scope, now, row.id)
        parked(trail, row, now, reason)
        await trail.write(session)
    return row.state


async def retry(session: AsyncSession, scope: Scope, service_call_id: str) -> ServiceCallState:
    """A person wants what came to nothing tried again: one more visit, or the remote action once more.

    Raises:
        NotFound: there is none.
        IllegalTransition: it is not parked.
    """
    now = datetime.now(UTC)
    row = await locked(session, service_call_id)
    trail = Trail(scope, now, row.id)
    if not resumed(trail, row, now):
        raise nothing_to_retry()
    await trail.write(session)
    message = RetryRequested(message_id=f"{row.id}/{row.version}")
    await outbox.signal(session, RETRY_REQUESTED, [(service_call_workflow_id(row.id), message)])
    return row.state

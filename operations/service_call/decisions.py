"""What people decide about an open service call: what shall be done, that it is taken back, that it is tried again."""

from datetime import UTC, datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.errors import IllegalTransition, Invalid
from models.ids import service_call_workflow_id
from models.messages.service_call import ACTION_CHOSEN, ActionChosen
from models.requests.service_call import ChosenAction
from models.scope import Scope
from models.states.service_call import ServiceCallState
from models.states.work_order import WorkOrderState
from models.tables.service_call import ServiceCall
from models.tables.subscription import Device
from models.tables.work_order import WorkOrder, WorkOrderCompletion
from operations.catalog.versions import CatalogCache
from operations.field_work.work_orders import cancel_open_orders
from operations.platform import outbox
from operations.platform.audit import AuditTrail
from operations.service_call import remote_actions
from operations.service_call.service_calls import LIFECYCLE, get_for_update, resume_if_parked, transition
from rules.service_calls import can_choose_action, find_action_errors
from wording.findings.field_errors import describe_field_errors
from wording.service_call import suggest_instead_of_action, technician_on_site

_C = ServiceCallState
_VISIT_STARTED = (WorkOrderState.EN_ROUTE, WorkOrderState.ON_SITE)


async def choose_action(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, service_call_id: str, chosen: ChosenAction
) -> ServiceCallState:
    """Chooses the action, and notifies the workflow.

    Raises:
        NotFound: there is none.
        Invalid: the program orders no visit to such a device.
        IllegalTransition: something is under way already, or the call has ended.
    """
    now = datetime.now(UTC)
    row = await get_for_update(session, service_call_id)
    if not can_choose_action(row.state, row.resume_state, under_way=row.action is not None):
        raise IllegalTransition(
            f"The service call is {row.state.replace('_', ' ')}; nothing can be chosen now.",
            fix=suggest_instead_of_action(row.state),
        )
    device = await session.get(Device, row.device_id)
    catalog = await catalogs.get_version(session, row.catalog_version)
    errors = find_action_errors(chosen, device.ownership, catalog.get_program(row.program)) if device else ()
    faults = describe_field_errors(errors)
    if faults:
        raise Invalid(
            "That cannot be done for this device.",
            fix="Choose one that the pointer names as possible.",
            pointers=faults,
        )
    trail = AuditTrail(scope, now, row.id)
    resume_if_parked(trail, row, now)
    await remote_actions.give_up_remote_action(session, trail, row, now)
    row.action = chosen.model_dump(mode="json")
    row.updated_at = now
    row.version += 1
    trail.note(row.id, "svc:action_chosen", details={"action": chosen.action})
    await trail.write(session)
    message = ActionChosen(message_id=f"{row.id}/{row.version}")
    await outbox.enqueue_signals(session, ACTION_CHOSEN, [(service_call_workflow_id(row.id), message)])
    return row.state


async def cancel_service_call(
    session: AsyncSession, scope: Scope, service_call_id: str, reason: str
) -> ServiceCallState:
    """Takes a call back and calls its visit off; one that is cancelled stays so.

    Raises:
        NotFound: there is none.
        Conflict: a technician is on the way or on site.
        IllegalTransition: it has ended.
    """
    now = datetime.now(UTC)
    row = await get_for_update(session, service_call_id)
    if row.state is _C.CANCELLED:
        return row.state
    await _reject_while_on_site(session, row)
    trail = AuditTrail(scope, now, row.id)
    await remote_actions.give_up_remote_action(session, trail, row, now)
    transition(trail, row, now, _C.CANCELLED, reason=reason)
    row.reason, row.resume_state, row.action = reason, None, None
    await cancel_open_orders(session, trail, col(WorkOrder.journey) == row.id, now, reason)
    await trail.write(session)
    await LIFECYCLE.signal_cancel(session, scope, row, reason)
    return row.state


async def _reject_while_on_site(session: AsyncSession, row: ServiceCall) -> None:
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
            col(WorkOrder.journey) == row.id, or_(col(WorkOrder.state).in_(_VISIT_STARTED), reported, unused)
        )
    )
    if started is not None:
        raise technician_on_site(started, row.id, is_parked=row.state is _C.NEEDS_ATTENTION)


park_service_call = LIFECYCLE.park
retry_service_call = LIFECYCLE.retry

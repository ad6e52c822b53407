"""The steps of a service call's workflow: take up, act, visit, synchronize, close."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.catalog.service_tasks import ServiceLevel
from models.errors import NotFound
from models.messages.service_call import ServiceCallProgress
from models.requests.completion import Completion
from models.requests.service_call import ActionInProgress, ChosenAction, ServiceAction, ServiceCallApplication
from models.scope import Scope
from models.states.head_end import HeadEndOutcome
from models.states.service_call import ServiceCallState
from models.states.work_order import CompletionOutcome, WorkOrderKind, WorkOrderState
from models.tables.device_setup import HeadEndRequest
from models.tables.service_call import ServiceCall
from models.tables.subscription import Device, ProgramSubscription
from models.tables.sync_request import SyncRequest
from models.tables.work_order import WorkOrder
from operations.catalog.versions import CatalogCache
from operations.field_work import completions, work_orders
from operations.platform.audit import AuditTrail
from operations.service_call import device_replacement, remote_actions
from operations.service_call.service_calls import LIFECYCLE, get_for_update, mark_parked, resume_if_parked, transition
from rules.service_calls import (
    ADVICE_GIVEN,
    REMOTE_ACTION_DONE,
    replaces_device,
)
from rules.synchronization.order import FINAL_STATES
from wording.service_call import describe_failed_remote_action, describe_head_end_failure

_C = ServiceCallState
_ENDED_ORDERS = (WorkOrderState.COMPLETED, WorkOrderState.CANCELLED, WorkOrderState.INCOMPLETE)


async def begin_service_call(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, service_call_id: str
) -> ServiceCallProgress:
    """Takes the call up and, if it was chosen what shall be done, begins with that. The same again changes nothing.

    Raises:
        NotFound: there is none.
    """
    now = datetime.now(UTC)
    row = await get_for_update(session, service_call_id)
    trail = AuditTrail(scope, now, row.id)
    resume_if_parked(trail, row, now)
    if row.state is _C.OPEN:
        transition(trail, row, now, _C.TROUBLESHOOTING)
    chosen = ActionInProgress.model_validate(row.action) if row.action else None
    if row.state is _C.TROUBLESHOOTING and chosen is not None:
        if chosen.action is ServiceAction.ADVICE:
            _resolve(trail, row, now, ADVICE_GIVEN)
        elif chosen.action is ServiceAction.WORK_REQUEST:
            await _order_visit(session, trail, catalogs, row, chosen, now)
        else:
            await _continue_remote_action(session, trail, row, now)
    await trail.write(session)
    await session.flush()
    return await get_service_call_progress(session, catalogs, row)


def _resolve(trail: AuditTrail, row: ServiceCall, now: datetime, outcome: str) -> None:
    """Nothing is left to do: no device has changed, so the DERMS need not hear of it."""
    row.outcome, row.action, row.reason = outcome, None, None
    transition(trail, row, now, _C.RESOLVED, _C.CLOSED, reason=outcome)


async def _continue_remote_action(session: AsyncSession, trail: AuditTrail, row: ServiceCall, now: datetime) -> None:
    """Has the head-end asked, or sees what it has answered meanwhile."""
    request = await remote_actions.get_head_end_request_for_update(session, row)
    if request is not None and request.outcome is not None:
        _apply_remote_action_outcome(trail, row, request, now)
    elif remote_actions.needs_new_request(request):
        await remote_actions.request_remote_action(session, trail, row, now)


async def _order_visit(
    session: AsyncSession,
    trail: AuditTrail,
    catalogs: CatalogCache,
    row: ServiceCall,
    chosen: ChosenAction,
    now: datetime,
) -> None:
    subscription = await session.get(ProgramSubscription, row.subscription_id)
    device = await session.get(Device, row.device_id)
    if subscription is None or device is None:
        raise NotFound(f"{row.device_id} is not on {row.subscription_id}.")
    transition(trail, row, now, _C.WORK_REQUESTED)
    new = work_orders.NewWorkOrder(
        kind=WorkOrderKind.TROUBLESHOOT,
        request=LIFECYCLE.ref(row.id),
        subscription=subscription,
        ownership=device.ownership,
        catalog_version=row.catalog_version,
        reason=ServiceCallApplication.model_validate(row.application).problem.code,
        service_level=await _get_service_level(session, catalogs, row),
        device_id=device.id,
        wishes=chosen.work_request,
    )
    await work_orders.create_work_order(session, trail, new, now)
    transition(trail, row, now, _C.AWAITING_SITE_VISIT)


async def _get_service_level(session: AsyncSession, catalogs: CatalogCache, row: ServiceCall) -> ServiceLevel:
    catalog = await catalogs.get_version(session, row.catalog_version)
    return catalog.get_service_level(catalog.get_program(row.program).service_call_task)


async def get_service_call_progress(
    session: AsyncSession, catalogs: CatalogCache, row: ServiceCall
) -> ServiceCallProgress:
    """Return the progress of the call: its state, and what its workflow does next."""
    if row.state is _C.AWAITING_SITE_VISIT:
        order = await work_orders.get_latest_of_request(session, row.id)
        if order is None:
            raise NotFound(f"Service call {row.id} awaits a visit, but has no work order.")
        visit = work_orders.to_visit(order.id, await _get_service_level(session, catalogs, row))
        ended = order.state in _ENDED_ORDERS and not completions.to_visit_status(order).attempts_used_up
        return ServiceCallProgress(state=row.state, visit=visit, visit_ended=ended)
    if row.state is _C.REPLACED:
        return ServiceCallProgress(state=row.state, sync_request_id=await _get_open_sync_request(session, row.id))
    request_id = remote_actions.get_head_end_request_id(row) if row.state is _C.TROUBLESHOOTING else None
    return ServiceCallProgress(state=row.state, head_end_request_id=request_id, why=row.reason or "")


async def _get_open_sync_request(session: AsyncSession, service_call_id: str) -> str | None:
    """The first change of the call that the DERMS has not settled."""
    return await session.scalar(
        select(col(SyncRequest.id))
        .where(col(SyncRequest.journey) == service_call_id, col(SyncRequest.state).not_in(FINAL_STATES))
        .order_by(col(SyncRequest.sequence))
        .limit(1)
    )


async def record_remote_action_end(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, service_call_id: str, request_id: str, trouble: str
) -> ServiceCallProgress:
    """Writes down what came of a remote action: done, the call is resolved; if not, something else has to be chosen;
    not answered, a person is called. The same again changes nothing.

    Raises:
        NotFound: there is none.
    """
    now = datetime.now(UTC)
    row = await get_for_update(session, service_call_id)
    trail = AuditTrail(scope, now, row.id)
    request = (
        await remote_actions.get_head_end_request_for_update(session, row) if row.state is _C.TROUBLESHOOTING else None
    )
    if request is not None and request.id == request_id:
        if request.outcome is None:
            remote_actions.give_up_unanswered(trail, request, now, trouble)
            mark_parked(trail, row, now, describe_failed_remote_action(trouble))
        else:
            _apply_remote_action_outcome(trail, row, request, now)
    await trail.write(session)
    await session.flush()
    return await get_service_call_progress(session, catalogs, row)


def _apply_remote_action_outcome(trail: AuditTrail, row: ServiceCall, request: HeadEndRequest, now: datetime) -> None:
    """The head-end has answered: done, the call is resolved; if not, something else has to be chosen."""
    outcome = HeadEndOutcome(request.outcome or "")
    trail.note(row.id, "svc:remote_action", reason=request.said or "", details={"outcome": outcome})
    if outcome is HeadEndOutcome.OK:
        _resolve(trail, row, now, REMOTE_ACTION_DONE)
    else:
        row.action, row.reason = None, f"{describe_head_end_failure(outcome)} {request.said or ''}".strip()
        row.updated_at, row.version = now, row.version + 1


async def record_visit_end(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, service_call_id: str, work_order_id: str
) -> ServiceCallProgress:
    """Writes down what came of the visit: resolved, or the device was replaced. The same again changes nothing.

    Raises:
        NotFound: there is none.
        Unavailable: another request took the serial number at the same moment; the same again says who has it.
    """
    now = datetime.now(UTC)
    row = await get_for_update(session, service_call_id)
    trail = AuditTrail(scope, now, row.id)
    resume_if_parked(trail, row, now)
    order = await work_orders.get_for_update(session, work_order_id)
    if row.state is _C.AWAITING_SITE_VISIT and order.state in _ENDED_ORDERS:
        await _apply_visit_outcome(session, scope, trail, catalogs, row, order, now)
    await trail.write(session)
    await session.flush()
    return await get_service_call_progress(session, catalogs, row)


async def _apply_visit_outcome(
    session: AsyncSession,
    scope: Scope,
    trail: AuditTrail,
    catalogs: CatalogCache,
    row: ServiceCall,
    order: WorkOrder,
    now: datetime,
) -> None:
    if order.state is WorkOrderState.CANCELLED or order.outcome is None:
        row.action = None
        mark_parked(trail, row, now, f"{order.number} was cancelled. Choose another action.", _C.TROUBLESHOOTING)
    elif replaces_device(CompletionOutcome(order.outcome)):
        await _replace_device(session, scope, trail, catalogs, row, order, now)
    else:
        _resolve(trail, row, now, order.outcome)
        closed = f"the service call was closed with {order.outcome}"
        await work_orders.cancel_open_orders(session, trail, col(WorkOrder.id) == order.id, now, closed)


async def _replace_device(
    session: AsyncSession,
    scope: Scope,
    trail: AuditTrail,
    catalogs: CatalogCache,
    row: ServiceCall,
    order: WorkOrder,
    now: datetime,
) -> None:
    kept = await completions.get_accepted_report(session, order.id)
    came = await device_replacement.replace_device(
        session, trail, catalogs, row, Completion.model_validate(kept.body), now
    )
    if came.verdict:
        await work_orders.send_back(session, scope, order.id, came.verdict, kept)
    elif came.stuck:
        mark_parked(trail, row, now, came.stuck)
    else:
        row.outcome, row.replaced_by, row.action = CompletionOutcome.DEVICE_REPLACED, came.device_id, None
        transition(trail, row, now, _C.REPLACED)
        trail.note(row.id, "svc:device_replaced", details={"removed": row.device_id, "installed": came.device_id})


async def record_sync_end(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, service_call_id: str
) -> ServiceCallProgress:
    """A change of the call is synchronized: the next one is sent, or the call is closed. A repetition changes nothing.

    Raises:
        NotFound: there is none.
    """
    now = datetime.now(UTC)
    row = await get_for_update(session, service_call_id)
    if row.state is _C.REPLACED and await _get_open_sync_request(session, row.id) is None:
        trail = AuditTrail(scope, now, row.id)
        await device_replacement.settle_old_registration(session, trail, row)
        if await device_replacement.sync_new_device(session, trail, catalogs, row, now) is None:
            transition(trail, row, now, _C.CLOSED)
        await trail.write(session)
        await session.flush()
    return await get_service_call_progress(session, catalogs, row)

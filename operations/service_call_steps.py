"""A service call, step by step, as its flow carries it: taken up, acted on, visited, told, closed."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.catalog import ServiceLevel
from models.completion import Completion
from models.errors import NotFound
from models.head_end import HeadEndOutcome
from models.ids import service_call_workflow_id
from models.messages.service_call import Called
from models.scope import Scope
from models.service_call import ActionUnderWay, ChosenAction, ServiceAction, ServiceCallApplication
from models.tables.device_setup import HeadEndRequest
from models.tables.service_call import ServiceCall
from models.tables.subscription import Device, ProgramSubscription
from models.tables.sync_request import SyncRequest
from models.tables.work_order import WorkOrder
from models.task_states import (
    CompletionOutcome,
    ServiceCallState,
    WorkOrderKind,
    WorkOrderState,
)
from operations import completions, remote_actions, replacement, work_orders
from operations.announcing import Journey
from operations.audit import Trail
from operations.catalog import Catalogs
from operations.service_calls import locked, moved, parked, resumed
from rules.service_calls import ADVICE_GIVEN, REMOTE_ACTION_DONE, not_acted, remote_action_failed, replaces
from rules.sync_order import FINAL

_C = ServiceCallState
_OVER = (WorkOrderState.COMPLETED, WorkOrderState.CANCELLED, WorkOrderState.INCOMPLETE)


async def take_up(session: AsyncSession, scope: Scope, catalogs: Catalogs, service_call_id: str) -> Called:
    """Takes the call up and, if it was chosen what shall be done, begins with that. The same again changes nothing.

    Raises:
        NotFound: there is none.
    """
    now = datetime.now(UTC)
    row = await locked(session, service_call_id)
    trail = Trail(scope, now, row.id)
    resumed(trail, row, now)
    if row.state is _C.OPEN:
        moved(trail, row, now, _C.TROUBLESHOOTING)
    chosen = ActionUnderWay.model_validate(row.action) if row.action else None
    if row.state is _C.TROUBLESHOOTING and chosen is not None:
        if chosen.action is ServiceAction.ADVICE:
            _resolve(trail, row, now, ADVICE_GIVEN)
        elif chosen.action is ServiceAction.WORK_REQUEST:
            await _order_visit(session, trail, catalogs, row, chosen, now)
        else:
            await _act(session, trail, row, now)
    await trail.write(session)
    await session.flush()
    return await standing(session, catalogs, row)


def _resolve(trail: Trail, row: ServiceCall, now: datetime, outcome: str) -> None:
    """Nothing is left to do: no device has changed, so the DERMS need not hear of it."""
    row.outcome, row.action, row.reason = outcome, None, None
    moved(trail, row, now, _C.RESOLVED, _C.CLOSED, reason=outcome)


async def _act(session: AsyncSession, trail: Trail, row: ServiceCall, now: datetime) -> None:
    """Has the head-end asked, or sees what it has answered meanwhile."""
    request = await remote_actions.under_way(session, row)
    if request is not None and request.outcome is not None:
        _acted(trail, row, request, now)
    elif remote_actions.takes_new_key(request):
        await remote_actions.ask(session, trail, row, now)


async def _order_visit(
    session: AsyncSession, trail: Trail, catalogs: Catalogs, row: ServiceCall, chosen: ChosenAction, now: datetime
) -> None:
    subscription = await session.get(ProgramSubscription, row.subscription_id)
    device = await session.get(Device, row.device_id)
    if subscription is None or device is None:
        raise NotFound(f"{row.device_id} is not on {row.subscription_id}.")
    moved(trail, row, now, _C.WORK_REQUESTED)
    new = work_orders.NewWorkOrder(
        kind=WorkOrderKind.TROUBLESHOOT,
        journey=Journey(row.id, service_call_workflow_id(row.id)),
        subscription=subscription,
        ownership=device.ownership,
        catalog_version=row.catalog_version,
        reason=ServiceCallApplication.model_validate(row.application).problem.code,
        level=await _level(session, catalogs, row),
        device_id=device.id,
        wish=chosen.work_request,
    )
    await work_orders.order(session, trail, new, now)
    moved(trail, row, now, _C.AWAITING_SITE_VISIT)


async def _level(session: AsyncSession, catalogs: Catalogs, row: ServiceCall) -> ServiceLevel:
    catalog = await catalogs.version(session, row.catalog_version)
    task = catalog.task(catalog.program(row.program).service_call_task)
    return task.service_level if task else ServiceLevel()


async def standing(session: AsyncSession, catalogs: Catalogs, row: ServiceCall) -> Called:
    """Where the call stands, and what its flow does next."""
    if row.state is _C.AWAITING_SITE_VISIT:
        order = await _last_order(session, row.id)
        visit = work_orders.visit_of(order.id, await _level(session, catalogs, row))
        ended = order.state in _OVER and not completions.standing(order).attempts_used_up
        return Called(state=row.state, visit=visit, visit_ended=ended)
    if row.state is _C.REPLACED:
        return Called(state=row.state, sync_request_id=await _untold(session, row.id))
    request_id = remote_actions.request_of(row) if row.state is _C.TROUBLESHOOTING else None
    return Called(state=row.state, head_end_request_id=request_id, why=row.reason or "")


async def _last_order(session: AsyncSession, service_call_id: str) -> WorkOrder:
    statement = select(WorkOrder).where(col(WorkOrder.journey) == service_call_id).order_by(col(WorkOrder.id).desc())
    return (await session.execute(statement.limit(1))).scalar_one()


async def _untold(session: AsyncSession, service_call_id: str) -> str | None:
    """The first change of the call that the DERMS has not settled."""
    return await session.scalar(
        select(col(SyncRequest.id))
        .where(col(SyncRequest.journey) == service_call_id, col(SyncRequest.state).not_in(FINAL))
        .order_by(col(SyncRequest.sequence))
        .limit(1)
    )


async def remote_action_ended(
    session: AsyncSession, scope: Scope, catalogs: Catalogs, service_call_id: str, request_id: str, trouble: str
) -> Called:
    """Writes down what came of a remote action: done, the call is resolved; if not, something else has to be chosen;
    not answered, a person is called. The same again changes nothing.

    Raises:
        NotFound: there is none.
    """
    now = datetime.now(UTC)
    row = await locked(session, service_call_id)
    trail = Trail(scope, now, row.id)
    request = await remote_actions.under_way(session, row) if row.state is _C.TROUBLESHOOTING else None
    if request is not None and request.id == request_id:
        if request.outcome is None:
            remote_actions.not_waited_for(trail, request, now, trouble)
            parked(trail, row, now, not_acted(trouble))
        else:
            _acted(trail, row, request, now)
    await trail.write(session)
    await session.flush()
    return await standing(session, catalogs, row)


def _acted(trail: Trail, row: ServiceCall, request: HeadEndRequest, now: datetime) -> None:
    """The head-end has answered: done, the call is resolved; if not, something else has to be chosen."""
    outcome = HeadEndOutcome(request.outcome or "")
    trail.noted(row.id, "svc:remote_action", reason=request.said or "", details={"outcome": outcome})
    if outcome is HeadEndOutcome.OK:
        _resolve(trail, row, now, REMOTE_ACTION_DONE)
    else:
        row.action, row.reason = None, f"{remote_action_failed(outcome)} {request.said or ''}".strip()
        row.updated_at, row.version = now, row.version + 1


async def visit_ended(
    session: AsyncSession, scope: Scope, catalogs: Catalogs, service_call_id: str, work_order_id: str
) -> Called:
    """Writes down what came of the visit: resolved, or the device was replaced. The same again changes nothing.

    Raises:
        NotFound: there is none.
        Unavailable: another request took the serial number at the same moment; the same again says who has it.
    """
    now = datetime.now(UTC)
    row = await locked(session, service_call_id)
    trail = Trail(scope, now, row.id)
    resumed(trail, row, now)
    order = await work_orders.locked(session, work_order_id)
    if row.state is _C.AWAITING_SITE_VISIT and order.state in _OVER:
        await _conclude(session, scope, trail, catalogs, row, order, now)
    await trail.write(session)
    await session.flush()
    return await standing(session, catalogs, row)


async def _conclude(
    session: AsyncSession,
    scope: Scope,
    trail: Trail,
    catalogs: Catalogs,
    row: ServiceCall,
    order: WorkOrder,
    now: datetime,
) -> None:
    if order.state is WorkOrderState.CANCELLED or order.outcome is None:
        row.action = None
        parked(trail, row, now, f"{order.number} was called off. Choose another action.", _C.TROUBLESHOOTING)
    elif replaces(CompletionOutcome(order.outcome)):
        await _replace(session, scope, trail, catalogs, row, order, now)
    else:
        _resolve(trail, row, now, order.outcome)
        closed = f"the service call was closed with {order.outcome}"
        await work_orders.call_off_open(session, trail, col(WorkOrder.id) == order.id, now, closed)


async def _replace(
    session: AsyncSession,
    scope: Scope,
    trail: Trail,
    catalogs: Catalogs,
    row: ServiceCall,
    order: WorkOrder,
    now: datetime,
) -> None:
    kept = await completions.report_taken(session, order.id)
    came = await replacement.replace(session, trail, catalogs, row, Completion.model_validate(kept.body), now)
    if came.verdict:
        await work_orders.send_back(session, scope, order.id, came.verdict, kept)
    elif came.stuck:
        parked(trail, row, now, came.stuck)
    else:
        row.outcome, row.replaced_by, row.action = CompletionOutcome.DEVICE_REPLACED, came.device_id, None
        moved(trail, row, now, _C.REPLACED)
        trail.noted(row.id, "svc:device_replaced", details={"removed": row.device_id, "installed": came.device_id})


async def told(session: AsyncSession, scope: Scope, catalogs: Catalogs, service_call_id: str) -> Called:
    """A change of the call is settled: the next one is told, or the call is closed. The same again changes nothing.

    Raises:
        NotFound: there is none.
    """
    now = datetime.now(UTC)
    row = await locked(session, service_call_id)
    if row.state is _C.REPLACED and await _untold(session, row.id) is None:
        trail = Trail(scope, now, row.id)
        await replacement.let_go(session, trail, row)
        if await replacement.tell_of_new(session, trail, catalogs, row, now) is None:
            moved(trail, row, now, _C.CLOSED)
        await trail.write(session)
        await session.flush()
    return await standing(session, catalogs, row)

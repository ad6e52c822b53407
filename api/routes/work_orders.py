"""Work orders: list and read them, schedule the appointment, record progress and completion, cancel and settle."""

from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import AsOperator
from api.bodies.reason import ReasonRequest
from api.bodies.work_orders import AppointmentRequest, CompletionRequest, ProgressRequest, WorkOrderStatusView
from api.context import Context, InContext
from api.links import build_work_order_links
from api.parameters import Cursor, CustomerFilter, KindFilter, Limit, ProgramFilter, StateFilter, WorkOrderPath
from api.problem_responses import problem_responses
from models.requests.completion import Completion
from models.requests.enrollment import TimeWindow
from models.states.work_order import WorkOrderKind, WorkOrderState
from models.values import ExternalId, Line
from models.views.view import Page
from models.views.work_order import WorkOrderSummary, WorkOrderView
from operations.field_work import completions, work_orders
from operations.field_work import work_order_queries as queries
from operations.field_work.unclaimed_work import settle_unclaimed
from operations.platform.database import transaction

router = APIRouter(prefix="/v1/work-orders", tags=["work orders"])


@router.get("")
async def list_work_orders(
    scope: AsOperator,
    context: InContext,
    state: Annotated[WorkOrderState | None, StateFilter] = None,
    kind: Annotated[WorkOrderKind | None, KindFilter] = None,
    technician: Annotated[Line | None, Query(description="Only those of this technician.")] = None,
    program: ProgramFilter = None,
    journey: Annotated[
        ExternalId | None, Query(description="Only those for this request: enr_…, unr_… or svc_…")
    ] = None,
    customer: CustomerFilter = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[WorkOrderSummary]:
    """Returns work orders, newest first."""
    async with transaction(context.sessions) as session:
        return await queries.list_work_orders(
            session,
            scope,
            state=state,
            kind=kind,
            technician=technician,
            program=program,
            journey=journey,
            customer=customer,
            limit=limit,
            cursor=cursor,
        )


@router.get("/{work_order}", responses=problem_responses(404))
async def get_work_order(work_order: WorkOrderPath, scope: AsOperator, context: InContext) -> WorkOrderView:
    """Returns one work order: the task, the address, the appointment, and every report with its verdict."""
    async with transaction(context.sessions) as session:
        return await queries.get_work_order(session, scope, work_order, build_work_order_links(work_order))


@router.post("/{work_order}/appointment", responses=problem_responses(404, 409))
async def schedule_work_order_appointment(
    work_order: WorkOrderPath, body: AppointmentRequest, scope: AsOperator, context: InContext
) -> WorkOrderStatusView:
    """Schedule the appointment, or move it."""
    window = TimeWindow(start=body.start, end=body.end)
    async with transaction(context.sessions) as session:
        row = await work_orders.schedule_appointment(session, scope, work_order, window, body.technician)
    return _respond(context, session, work_order, row.state)


@router.post("/{work_order}/progress", responses=problem_responses(404, 409))
async def report_work_order_progress(
    work_order: WorkOrderPath, body: ProgressRequest, scope: AsOperator, context: InContext
) -> WorkOrderStatusView:
    """Report that the technician is on the way or on site."""
    async with transaction(context.sessions) as session:
        row = await work_orders.record_progress(session, scope, work_order, WorkOrderState(body.step))
    return _respond(context, session, work_order, row.state)


@router.post("/{work_order}/completion", status_code=202, responses=problem_responses(404, 409))
async def report_work_order_completion(
    work_order: WorkOrderPath, body: CompletionRequest, scope: AsOperator, context: InContext
) -> WorkOrderStatusView:
    """Report a visit. The workflow that waits for it checks the report.

    The same report again changes nothing. A report on a canceled work order is stored and changes nothing."""
    report = Completion.model_validate(body.model_dump())
    async with transaction(context.sessions) as session:
        row = await completions.submit_report(session, scope, context.catalogs, work_order, report)
    return _respond(context, session, work_order, row.state)


@router.post("/{work_order}/cancel", responses=problem_responses(404, 409))
async def cancel_work_order(
    work_order: WorkOrderPath, body: ReasonRequest, scope: AsOperator, context: InContext
) -> WorkOrderStatusView:
    """Cancel the work order before the technician starts. The request that it belongs to then needs attention."""
    async with transaction(context.sessions) as session:
        row = await work_orders.cancel(session, scope, work_order, body.reason)
    return _respond(context, session, work_order, row.state)


@router.post("/{work_order}/settle", responses=problem_responses(404, 409))
async def settle_work_order(
    work_order: WorkOrderPath, body: ReasonRequest, scope: AsOperator, context: InContext
) -> WorkOrderStatusView:
    """Record what became of work that was done on site although it was no longer needed."""
    async with transaction(context.sessions) as session:
        row = await settle_unclaimed(session, scope, work_orders.LIFECYCLE, work_order, body.reason)
    return _respond(context, session, work_order, row.state)


def _respond(context: Context, session: AsyncSession, work_order: str, state: WorkOrderState) -> WorkOrderStatusView:
    context.deliver(session)
    return WorkOrderStatusView(id=work_order, state=state, links=build_work_order_links(work_order))

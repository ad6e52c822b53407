"""Field work: list, see, appoint, follow, complete, call off."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import AsOperator
from api.bodies import ReasonRequest
from api.context import Context, InContext
from api.parameters import CodeFilter, Cursor, ExternalIdFilter, Limit, WorkOrderPath
from api.work_order_bodies import AppointmentRequest, CompletionRequest, ProgressRequest, WorkOrderStatusView
from models.ids import CustomerId
from models.requests.completion import Completion
from models.requests.enrollment import TimeWindow
from models.states.work_order import WorkOrderKind, WorkOrderState
from models.values import Line
from models.views.view import Page
from models.views.work_order import WorkOrderSummary, WorkOrderView
from operations.field_work import completions, work_orders
from operations.field_work import work_order_queries as queries
from operations.platform import outbox
from operations.platform.database import transaction

router = APIRouter(prefix="/v1/work-orders", tags=["work orders"])


def _build_links(work_order: str) -> dict[str, str]:
    door = f"/v1/work-orders/{work_order}"
    return {"self": door} | {
        name: f"{door}/{name}" for name in ("appointment", "progress", "completion", "cancel", "settle")
    }


@router.get("")
async def list_work_orders(
    scope: AsOperator,
    context: InContext,
    state: WorkOrderState | None = None,
    kind: WorkOrderKind | None = None,
    technician: Annotated[Line | None, Query()] = None,
    program: CodeFilter = None,
    journey: ExternalIdFilter = None,
    customer: Annotated[CustomerId | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[WorkOrderSummary]:
    """Work orders, newest first."""
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


@router.get("/{work_order}")
async def get_work_order(work_order: WorkOrderPath, scope: AsOperator, context: InContext) -> WorkOrderView:
    """One order: what to do and where, the appointment, and every report with what became of it."""
    async with transaction(context.sessions) as session:
        return await queries.get_work_order(session, scope, work_order, _build_links(work_order))


@router.post("/{work_order}/appointment")
async def schedule_work_order_appointment(
    work_order: WorkOrderPath, body: AppointmentRequest, scope: AsOperator, context: InContext
) -> WorkOrderStatusView:
    """Make the appointment, or move it."""
    window = TimeWindow(start=body.start, end=body.end)
    async with transaction(context.sessions) as session:
        row = await work_orders.schedule_appointment(session, scope, work_order, window, body.technician)
    return _deliver_and_respond(context, outbox.pop_deliveries(session), work_order, row.state)


@router.post("/{work_order}/progress")
async def report_work_order_progress(
    work_order: WorkOrderPath, body: ProgressRequest, scope: AsOperator, context: InContext
) -> WorkOrderStatusView:
    """Say that the technician is on the way, or has arrived."""
    async with transaction(context.sessions) as session:
        row = await work_orders.record_progress(session, scope, work_order, WorkOrderState(body.step))
    return _deliver_and_respond(context, outbox.pop_deliveries(session), work_order, row.state)


@router.post("/{work_order}/completion", status_code=202)
async def report_work_order_completion(
    work_order: WorkOrderPath, body: CompletionRequest, scope: AsOperator, context: InContext
) -> WorkOrderStatusView:
    """Report of a visit. It is looked at by the flow that waits for it; the same report again changes nothing, and one
    of an order that was called off is kept and changes nothing."""
    report = Completion.model_validate(body.model_dump())
    async with transaction(context.sessions) as session:
        row = await completions.submit_report(session, scope, context.catalogs, work_order, report)
    return _deliver_and_respond(context, outbox.pop_deliveries(session), work_order, row.state)


@router.post("/{work_order}/cancel")
async def cancel_work_order(
    work_order: WorkOrderPath, body: ReasonRequest, scope: AsOperator, context: InContext
) -> WorkOrderStatusView:
    """Call the order off before the technician has started. What it was made for waits for a person then."""
    async with transaction(context.sessions) as session:
        row = await work_orders.cancel(session, scope, work_order, body.reason)
    return _deliver_and_respond(context, outbox.pop_deliveries(session), work_order, row.state)


@router.post("/{work_order}/settle")
async def settle_work_order(
    work_order: WorkOrderPath, body: ReasonRequest, scope: AsOperator, context: InContext
) -> WorkOrderStatusView:
    """Say what became of what was done on site although it was not wanted any more."""
    async with transaction(context.sessions) as session:
        row = await work_orders.settle_unclaimed(session, scope, work_order, body.reason)
    return _deliver_and_respond(context, outbox.pop_deliveries(session), work_order, row.state)


def _deliver_and_respond(
    context: Context, deliveries: list[outbox.Delivery], work_order: str, state: WorkOrderState
) -> WorkOrderStatusView:
    context.courier.enqueue(deliveries)
    return WorkOrderStatusView(id=work_order, state=state, links=_build_links(work_order))

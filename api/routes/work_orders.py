"""Field work: list, see, appoint, follow, complete, call off."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import AsOperator
from api.bodies import Reason
from api.context import Context, InContext
from api.parameters import ByCode, ByExternalId, Cursor, Limit, WorkOrderPath
from api.work_order_bodies import AppointmentRequest, CompletionRequest, ProgressRequest, WorkOrderStanding
from models.application import Window
from models.completion import Completion
from models.ids import CustomerId
from models.task_states import WorkOrderKind, WorkOrderState
from models.values import Line
from models.views import Page, WorkOrderSummary
from models.work_order_views import WorkOrderView
from operations import completions, outbox, work_orders
from operations.database import transaction
from operations.queries import work_orders as queries

router = APIRouter(prefix="/v1/work-orders", tags=["work orders"])


def _links(work_order: str) -> dict[str, str]:
    door = f"/v1/work-orders/{work_order}"
    return {"self": door} | {
        name: f"{door}/{name}" for name in ("appointment", "progress", "completion", "cancel", "settle")
    }


@router.get("")
async def listed(
    scope: AsOperator,
    context: InContext,
    state: WorkOrderState | None = None,
    kind: WorkOrderKind | None = None,
    technician: Annotated[Line | None, Query()] = None,
    program: ByCode = None,
    journey: ByExternalId = None,
    customer: Annotated[CustomerId | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[WorkOrderSummary]:
    """Work orders, newest first."""
    async with transaction(context.sessions) as session:
        return await queries.listed(
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
async def seen(work_order: WorkOrderPath, scope: AsOperator, context: InContext) -> WorkOrderView:
    """One order: what to do and where, the appointment, and every report with what became of it."""
    async with transaction(context.sessions) as session:
        return await queries.seen(session, scope, work_order, _links(work_order))


@router.post("/{work_order}/appointment")
async def appoint(
    work_order: WorkOrderPath, body: AppointmentRequest, scope: AsOperator, context: InContext
) -> WorkOrderStanding:
    """Make the appointment, or move it."""
    window = Window(start=body.start, end=body.end)
    async with transaction(context.sessions) as session:
        row = await work_orders.appoint(session, scope, work_order, window, body.technician)
    return _told(context, outbox.written(session), work_order, row.state)


@router.post("/{work_order}/progress")
async def progress(
    work_order: WorkOrderPath, body: ProgressRequest, scope: AsOperator, context: InContext
) -> WorkOrderStanding:
    """Say that the technician is on the way, or has arrived."""
    async with transaction(context.sessions) as session:
        row = await work_orders.progress(session, scope, work_order, WorkOrderState(body.step))
    return _told(context, outbox.written(session), work_order, row.state)


@router.post("/{work_order}/completion", status_code=202)
async def complete(
    work_order: WorkOrderPath, body: CompletionRequest, scope: AsOperator, context: InContext
) -> WorkOrderStanding:
    """Report of a visit. It is looked at by the flow that waits for it; the same report again changes nothing, and one
    of an order that was called off is kept and changes nothing."""
    report = Completion.model_validate(body.model_dump())
    async with transaction(context.sessions) as session:
        row = await completions.report(session, scope, context.catalogs, work_order, report)
    return _told(context, outbox.written(session), work_order, row.state)


@router.post("/{work_order}/cancel")
async def cancel(work_order: WorkOrderPath, body: Reason, scope: AsOperator, context: InContext) -> WorkOrderStanding:
    """Call the order off before the technician has started. What it was made for waits for a person then."""
    async with transaction(context.sessions) as session:
        row = await work_orders.cancel(session, scope, work_order, body.reason)
    return _told(context, outbox.written(session), work_order, row.state)


@router.post("/{work_order}/settle")
async def settle(work_order: WorkOrderPath, body: Reason, scope: AsOperator, context: InContext) -> WorkOrderStanding:
    """Say what became of what was done on site although it was not wanted any more."""
    async with transaction(context.sessions) as session:
        row = await work_orders.settle(session, scope, work_order, body.reason)
    return _told(context, outbox.written(session), work_order, row.state)


def _told(
    context: Context, deliveries: list[outbox.Delivery], work_order: str, state: WorkOrderState
) -> WorkOrderStanding:
    context.courier.take(deliveries)
    return WorkOrderStanding(id=work_order, state=state, links=_links(work_order))

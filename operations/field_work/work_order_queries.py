"""Read work orders: lists, and one with its reports."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.scope import OperatorScope
from models.states.work_order import WorkOrderKind, WorkOrderState
from models.tables.work_order import WorkOrder, WorkOrderCompletion
from models.views.view import Page
from models.views.work_order import CompletionView, WorkOrderSummary, WorkOrderView
from operations.customers.premises import format_address, get_premise
from operations.field_work.work_orders import LIFECYCLE
from operations.platform.paging import fetch_page
from operations.platform.views import copy_columns
from rules.available_actions import work_order_actions
from rules.completions import OUTCOMES_BY_KIND
from wording.links import link_to
from wording.work_order import work_order_next_step


def select_readable(scope: OperatorScope) -> Select[WorkOrder]:
    """Return the query for what this scope may read. An operator reads all."""
    return select(WorkOrder)


async def list_work_orders(
    session: AsyncSession,
    scope: OperatorScope,
    *,
    state: WorkOrderState | None = None,
    kind: WorkOrderKind | None = None,
    technician: str | None = None,
    program: str | None = None,
    journey: str | None = None,
    customer: str | None = None,
    limit: int,
    cursor: str | None,
) -> Page[WorkOrderSummary]:
    """Return a page of work orders, newest first."""
    return await fetch_page(
        session,
        select_readable(scope),
        col(WorkOrder.id),
        to_summary,
        limit=limit,
        cursor=cursor,
        state=state,
        kind=kind,
        technician=technician,
        program=program,
        journey=journey,
        customer_id=customer,
    )


async def list_for_enrollment(session: AsyncSession, enrollment_id: str) -> tuple[WorkOrderSummary, ...]:
    """Return the orders of an enrollment and of the requests that followed it, oldest first."""
    return await _list(session, col(WorkOrder.enrollment_id) == enrollment_id)


async def list_for_request(session: AsyncSession, request_id: str) -> tuple[WorkOrderSummary, ...]:
    """Return the orders that were created for one request, oldest first."""
    return await _list(session, col(WorkOrder.journey) == request_id)


async def _list(session: AsyncSession, which: ColumnElement[bool]) -> tuple[WorkOrderSummary, ...]:
    statement = select(WorkOrder).where(which).order_by(col(WorkOrder.id))
    return tuple(map(to_summary, await session.scalars(statement)))


async def get_work_order(
    session: AsyncSession, scope: OperatorScope, work_order_id: str, links: Mapping[str, str]
) -> WorkOrderView:
    """Return one work order, with the place and the reports.

    Raises:
        NotFound: there is none that this scope may read.
    """
    row = await LIFECYCLE.get_readable(session, select_readable(scope), work_order_id)
    premise = await get_premise(session, row.service_point)
    fields = copy_columns(row, WorkOrderView) | _shared_fields(row)
    fields["links"] = {**_build_links(row), **links}
    return WorkOrderView(
        **fields,
        address=format_address(premise),
        time_zone=premise.time_zone,
        possible_outcomes=tuple(sorted(OUTCOMES_BY_KIND[row.kind])),
        completions=await _get_completions(session, work_order_id),
        next_step=work_order_next_step(row.state, row.sent_back, row.unclaimed, row.called_off),
    )


async def _get_completions(session: AsyncSession, work_order_id: str) -> tuple[CompletionView, ...]:
    rows = await session.execute(
        select(WorkOrderCompletion)
        .where(col(WorkOrderCompletion.work_order_id) == work_order_id)
        .order_by(col(WorkOrderCompletion.received_at))
    )
    return tuple(CompletionView(**copy_columns(row, CompletionView), report=row.body) for row in rows.scalars())


def to_summary(row: WorkOrder) -> WorkOrderSummary:
    """Return a work order as a list shows it."""
    return WorkOrderSummary(**_shared_fields(row), links=_build_links(row))


def _shared_fields(row: WorkOrder) -> dict[str, Any]:
    return copy_columns(row, WorkOrderSummary) | {
        "escalated": row.escalated_at is not None,
        "available_actions": work_order_actions(
            row.state, called_off=row.called_off is not None, unclaimed=row.unclaimed is not None
        ),
    }


def _build_links(row: WorkOrder) -> dict[str, str]:
    """Return the links to the order and to the request that it was created for."""
    return {"self": link_to(row.id), "journey": link_to(row.journey)}

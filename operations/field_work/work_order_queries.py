"""Read work orders: lists, and one with its reports."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.scope import OperatorScope
from models.states.work_order import WorkOrderKind, WorkOrderState
from models.tables.customer import Premise, ServicePoint
from models.tables.work_order import WorkOrder, WorkOrderCompletion
from models.views.view import Page
from models.views.work_order import CompletionView, WorkOrderSummary, WorkOrderView
from operations.platform.paging import fetch_page
from operations.platform.views import copy_columns
from rules.available_actions import work_order_actions
from rules.completions import OUTCOMES_BY_KIND
from wording.links import link_to
from wording.problems.not_found import not_found
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
    statement = (
        select_readable(scope)
        .add_columns(Premise)  # pyright: ignore[reportArgumentType] - SQLAlchemy takes an entity; SQLModel does not say so
        .join(ServicePoint, col(ServicePoint.cis_service_point_id) == col(WorkOrder.service_point))
        .join(Premise, col(Premise.cis_premise_id) == col(ServicePoint.cis_premise_id))
        .where(col(WorkOrder.id) == work_order_id)
    )
    found = (await session.execute(statement)).first()
    if found is None:
        raise not_found("work_order", work_order_id)
    row: WorkOrder = found[0]
    premise: Premise = found[1]
    return WorkOrderView(
        **_shared_fields(row),
        ownership=row.ownership,
        contact_phone=row.contact_phone,
        access_notes=row.access_notes,
        wished_start=row.wished_start,
        wished_end=row.wished_end,
        address=format_address(premise),
        time_zone=premise.time_zone,
        possible_outcomes=tuple(sorted(OUTCOMES_BY_KIND[row.kind])),
        dispatch_reference=row.dispatch_reference,
        reminders=row.reminders,
        completions=await _get_completions(session, work_order_id),
        next_step=work_order_next_step(row.state, row.sent_back, row.unclaimed, row.called_off),
        links={**_build_links(row), **links},
    )


def format_address(premise: Premise) -> str:
    """Return the address in one line."""
    lines = (premise.address_line_1, premise.address_line_2, f"{premise.postal_code} {premise.city}")
    return ", ".join(line for line in lines if line)


async def _get_completions(session: AsyncSession, work_order_id: str) -> tuple[CompletionView, ...]:
    rows = await session.execute(
        select(WorkOrderCompletion)
        .where(col(WorkOrderCompletion.work_order_id) == work_order_id)
        .order_by(col(WorkOrderCompletion.received_at))
    )
    return tuple(
        CompletionView(
            completion_id=row.completion_id,
            attempt=row.attempt,
            outcome=row.outcome,
            received_at=row.received_at,
            verdict=row.verdict,
            report=row.body,
        )
        for row in rows.scalars()
    )


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

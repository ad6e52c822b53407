"""Reading shipments."""

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.requests.shipment import SelfInstallation
from models.scope import OperatorScope
from models.states.shipment import ShipmentState
from models.tables.customer import Premise, ServicePoint
from models.tables.device_setup import DeviceShipment
from models.views.device_setup import ShipmentStatusView, ShipmentSummary, ShipmentView
from models.views.view import Page
from operations.field_work.work_order_queries import format_address
from operations.platform.paging import fetch_page, get_one
from rules.available_actions import shipment_actions
from wording.links import link_to
from wording.shipment import shipment_next_step


def select_readable(scope: OperatorScope) -> Select[DeviceShipment]:
    """What this scope may see: an operator sees all."""
    return select(DeviceShipment)


async def list_shipments(
    session: AsyncSession,
    scope: OperatorScope,
    *,
    state: ShipmentState | None = None,
    program: str | None = None,
    enrollment: str | None = None,
    customer: str | None = None,
    limit: int,
    cursor: str | None,
) -> Page[ShipmentSummary]:
    """A page of them, newest first."""
    return await fetch_page(
        session,
        select_readable(scope),
        col(DeviceShipment.id),
        to_summary,
        limit=limit,
        cursor=cursor,
        state=state,
        program=program,
        enrollment_id=enrollment,
        customer_id=customer,
    )


async def list_for_enrollment(session: AsyncSession, enrollment_id: str) -> tuple[ShipmentSummary, ...]:
    """The shipments of an enrolment, in the order in which they were made."""
    statement = select(DeviceShipment).where(col(DeviceShipment.enrollment_id) == enrollment_id)
    return tuple(map(to_summary, await session.scalars(statement.order_by(col(DeviceShipment.id)))))


async def get_shipment(session: AsyncSession, scope: OperatorScope, shipment_id: str) -> ShipmentView:
    """One of them, with the address.

    Raises:
        NotFound: there is none that this scope may see.
    """
    row: DeviceShipment = await get_one(
        session, select_readable(scope), col(DeviceShipment.id), shipment_id, "shipment"
    )
    confirmed = SelfInstallation.model_validate(row.confirmation) if row.confirmation else None
    return ShipmentView(
        **_shared_fields(row),
        address=await _get_address(session, row.service_point),
        reminders=row.reminders,
        serial_number=confirmed.serial_number if confirmed else None,
        confirmed_by=confirmed.confirmed_by if confirmed else None,
    )


async def _get_address(session: AsyncSession, service_point: str) -> str:
    statement = (
        select(Premise)
        .join(ServicePoint, col(ServicePoint.cis_premise_id) == col(Premise.cis_premise_id))
        .where(col(ServicePoint.cis_service_point_id) == service_point)
    )
    return format_address((await session.execute(statement)).scalar_one())


def to_summary(row: DeviceShipment) -> ShipmentSummary:
    """A shipment as a list shows it."""
    return ShipmentSummary(**_shared_fields(row))


def _shared_fields(row: DeviceShipment) -> dict[str, Any]:
    return {
        "id": row.id,
        "number": row.number,
        "enrollment": row.enrollment_id,
        "customer": row.customer_id,
        "service_point": row.service_point,
        "program": row.program,
        "state": row.state,
        "carrier": row.carrier,
        "tracking_reference": row.tracking_reference,
        "sent_back": row.sent_back,
        "unclaimed": row.unclaimed,
        "escalated": row.escalated_at is not None,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "next_step": shipment_next_step(row.state, row.sent_back, row.unclaimed),
        "available_actions": _available_actions(row),
        "links": _build_links(row),
    }


def to_status(row: DeviceShipment) -> ShipmentStatusView:
    """Where a shipment stands, and where one goes on from there."""
    return ShipmentStatusView(id=row.id, state=row.state, links=_build_links(row))


def _available_actions(row: DeviceShipment) -> tuple[str, ...]:
    return shipment_actions(row.state, unclaimed=row.unclaimed is not None)


def _build_links(row: DeviceShipment) -> dict[str, str]:
    """Its doors: where it is seen, and those of what can be done with it now."""
    here = link_to(row.id)
    return {"self": here, **{action: f"{here}/{action}" for action in _available_actions(row)}}

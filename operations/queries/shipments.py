"""Reading shipments."""

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.scope import OperatorScope
from models.shipment import SelfInstallation
from models.shipment_views import ShipmentStandingView, ShipmentView
from models.tables.customer import Premise, ServicePoint
from models.tables.device_setup import DeviceShipment
from models.task_states import ShipmentState
from models.views import Page, ShipmentSummary
from operations.queries.paging import one_of, page_of
from operations.queries.work_orders import address_line
from rules.attention import door
from rules.shipment_guidance import shipment_actions, shipment_next_step


def readable(scope: OperatorScope) -> Select[DeviceShipment]:
    """What this scope may see: an operator sees all."""
    return select(DeviceShipment)


async def listed(
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
    return await page_of(
        session,
        readable(scope),
        col(DeviceShipment.id),
        summary,
        limit=limit,
        cursor=cursor,
        state=state,
        program=program,
        enrollment_id=enrollment,
        customer_id=customer,
    )


async def of_enrollment(session: AsyncSession, enrollment_id: str) -> tuple[ShipmentSummary, ...]:
    """The shipments of an enrolment, in the order in which they were made."""
    statement = select(DeviceShipment).where(col(DeviceShipment.enrollment_id) == enrollment_id)
    return tuple(map(summary, await session.scalars(statement.order_by(col(DeviceShipment.id)))))


async def seen(session: AsyncSession, scope: OperatorScope, shipment_id: str) -> ShipmentView:
    """One of them, with the address.

    Raises:
        NotFound: there is none that this scope may see.
    """
    row: DeviceShipment = await one_of(
        session, readable(scope), col(DeviceShipment.id), shipment_id, kind="shipment", door="/v1/shipments"
    )
    confirmed = SelfInstallation.model_validate(row.confirmation) if row.confirmation else None
    return ShipmentView(
        **_fields(row),
        address=await _address(session, row.service_point),
        reminders=row.reminders,
        serial_number=confirmed.serial_number if confirmed else None,
        confirmed_by=confirmed.confirmed_by if confirmed else None,
    )


async def _address(session: AsyncSession, service_point: str) -> str:
    statement = (
        select(Premise)
        .join(ServicePoint, col(ServicePoint.cis_premise_id) == col(Premise.cis_premise_id))
        .where(col(ServicePoint.cis_service_point_id) == service_point)
    )
    return address_line((await session.execute(statement)).scalar_one())


def summary(row: DeviceShipment) -> ShipmentSummary:
    """A shipment as a list shows it."""
    return ShipmentSummary(**_fields(row))


def _fields(row: DeviceShipment) -> dict[str, Any]:
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
        "available_actions": _actions(row),
        "links": _links(row),
    }


def standing(row: DeviceShipment) -> ShipmentStandingView:
    """Where a shipment stands, and where one goes on from there."""
    return ShipmentStandingView(id=row.id, state=row.state, links=_links(row))


def _actions(row: DeviceShipment) -> tuple[str, ...]:
    return shipment_actions(row.state, unclaimed=row.unclaimed is not None)


def _links(row: DeviceShipment) -> dict[str, str]:
    """Its doors: where it is seen, and those of what can be done with it now."""
    here = door(row.id)
    return {"self": here, **{action: f"{here}/{action}" for action in _actions(row)}}

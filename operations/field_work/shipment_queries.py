"""Read shipments: lists, and one with its address."""

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.requests.shipment import SelfInstallation
from models.scope import OperatorScope
from models.states.shipment import ShipmentState
from models.tables.device_setup import DeviceShipment
from models.views.device_setup import ShipmentStatusView, ShipmentSummary, ShipmentView
from models.views.view import Page
from operations.customers.premises import format_address, get_premise
from operations.field_work.shipments import LIFECYCLE
from operations.platform.paging import fetch_page
from operations.platform.views import copy_columns
from rules.available_actions import shipment_actions
from wording.links import link_to
from wording.shipment import shipment_next_step


def select_readable(scope: OperatorScope) -> Select[DeviceShipment]:
    """Return the query for what this scope may read. An operator reads all."""
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
    """Return a page of shipments, newest first."""
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
    """Return the shipments of an enrollment, oldest first."""
    statement = select(DeviceShipment).where(col(DeviceShipment.enrollment_id) == enrollment_id)
    return tuple(map(to_summary, await session.scalars(statement.order_by(col(DeviceShipment.id)))))


async def get_shipment(session: AsyncSession, scope: OperatorScope, shipment_id: str) -> ShipmentView:
    """Return one shipment, with the address.

    Raises:
        NotFound: there is none that this scope may read.
    """
    row = await LIFECYCLE.get_readable(session, select_readable(scope), shipment_id)
    confirmed = SelfInstallation.model_validate(row.confirmation) if row.confirmation else None
    return ShipmentView(
        **_shared_fields(row),
        address=format_address(await get_premise(session, row.service_point)),
        reminders=row.reminders,
        serial_number=confirmed.serial_number if confirmed else None,
        confirmed_by=confirmed.confirmed_by if confirmed else None,
    )


def to_summary(row: DeviceShipment) -> ShipmentSummary:
    """Return a shipment as a list shows it."""
    return ShipmentSummary(**_shared_fields(row))


def _shared_fields(row: DeviceShipment) -> dict[str, Any]:
    return copy_columns(row, ShipmentSummary) | {
        "escalated": row.escalated_at is not None,
        "next_step": shipment_next_step(row.state, row.sent_back, row.unclaimed),
        "available_actions": _available_actions(row),
        "links": _build_links(row),
    }


def to_status(row: DeviceShipment) -> ShipmentStatusView:
    """Return the status of a shipment, with links to what can be done next."""
    return ShipmentStatusView(id=row.id, state=row.state, links=_build_links(row))


def _available_actions(row: DeviceShipment) -> tuple[str, ...]:
    return shipment_actions(row.state, unclaimed=row.unclaimed is not None)


def _build_links(row: DeviceShipment) -> dict[str, str]:
    """Return the links to the shipment and to what can be done with it now."""
    here = link_to(row.id)
    return {"self": here, **{action: f"{here}/{action}" for action in _available_actions(row)}}

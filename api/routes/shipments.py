"""Devices sent to customers: list, see, and say how far they are."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import AsOperator
from api.bodies import Reason
from api.context import Context, InContext
from api.parameters import ByCode, Cursor, Limit, ShipmentPath
from api.shipment_bodies import ConfirmationRequest
from models.ids import CustomerId, EnrollmentId
from models.shipment import Dispatch, SelfInstallation
from models.shipment_views import ShipmentStandingView, ShipmentView
from models.task_states import ShipmentState
from models.views import Page, ShipmentSummary
from operations import outbox, self_installation, shipments
from operations.database import transaction
from operations.queries import shipments as queries

router = APIRouter(prefix="/v1/shipments", tags=["device setup"])


@router.get("")
async def listed(
    scope: AsOperator,
    context: InContext,
    state: ShipmentState | None = None,
    program: ByCode = None,
    enrollment: Annotated[EnrollmentId | None, Query()] = None,
    customer: Annotated[CustomerId | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ShipmentSummary]:
    """Shipments, newest first; those that are ordered are the warehouse's work."""
    async with transaction(context.sessions) as session:
        return await queries.listed(
            session,
            scope,
            state=state,
            program=program,
            enrollment=enrollment,
            customer=customer,
            limit=limit,
            cursor=cursor,
        )


@router.get("/{shipment}")
async def seen(shipment: ShipmentPath, scope: AsOperator, context: InContext) -> ShipmentView:
    """One shipment: where it goes, how far it is, and what can be done."""
    async with transaction(context.sessions) as session:
        return await queries.seen(session, scope, shipment)


@router.post("/{shipment}/shipped")
async def shipped(
    shipment: ShipmentPath, body: Dispatch, scope: AsOperator, context: InContext
) -> ShipmentStandingView:
    """Say that the device left the warehouse, and with whom. Say it again to add or correct the tracking reference."""
    async with transaction(context.sessions) as session:
        row = await shipments.shipped(session, scope, shipment, body)
    return _told(context, outbox.written(session), queries.standing(row))


@router.post("/{shipment}/delivered")
async def delivered(shipment: ShipmentPath, scope: AsOperator, context: InContext) -> ShipmentStandingView:
    """Say that the parcel has arrived."""
    async with transaction(context.sessions) as session:
        row = await shipments.delivered(session, scope, shipment)
    return _told(context, outbox.written(session), queries.standing(row))


@router.post("/{shipment}/confirmed", status_code=202)
async def confirmed(
    shipment: ShipmentPath, body: ConfirmationRequest, scope: AsOperator, context: InContext
) -> ShipmentStandingView:
    """Confirm that the customer has installed the device. The same confirmation again changes nothing."""
    confirmation = SelfInstallation.model_validate(body.model_dump())
    async with transaction(context.sessions) as session:
        row = await self_installation.confirm(session, scope, context.catalogs, shipment, confirmation)
    return _told(context, outbox.written(session), queries.standing(row))


@router.post("/{shipment}/returned")
async def returned(shipment: ShipmentPath, body: Reason, scope: AsOperator, context: InContext) -> ShipmentStandingView:
    """Say that the device came back. An enrolment that waits for it asks a person."""
    async with transaction(context.sessions) as session:
        row = await shipments.returned(session, scope, shipment, body.reason)
    return _told(context, outbox.written(session), queries.standing(row))


@router.post("/{shipment}/settle")
async def settle(shipment: ShipmentPath, body: Reason, scope: AsOperator, context: InContext) -> ShipmentStandingView:
    """Say what became of a device that does not come back: the customer keeps it, or it is lost."""
    async with transaction(context.sessions) as session:
        row = await shipments.settle(session, scope, shipment, body.reason)
    return _told(context, outbox.written(session), queries.standing(row))


def _told(context: Context, deliveries: list[outbox.Delivery], standing: ShipmentStandingView) -> ShipmentStandingView:
    context.courier.take(deliveries)
    return standing

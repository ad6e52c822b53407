"""Devices sent to customers: list, see, and say how far they are."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import AsOperator
from api.bodies import ReasonRequest
from api.context import Context, InContext
from api.parameters import CodeFilter, Cursor, Limit, ShipmentPath
from api.shipment_bodies import InstallationConfirmationRequest
from models.ids import CustomerId, EnrollmentId
from models.requests.shipment import SelfInstallation, ShipmentDispatch
from models.states.shipment import ShipmentState
from models.views.device_setup import ShipmentStatusView, ShipmentSummary, ShipmentView
from models.views.view import Page
from operations.enrollment import self_installation
from operations.field_work import shipment_queries as queries
from operations.field_work import shipments
from operations.platform import outbox
from operations.platform.database import transaction

router = APIRouter(prefix="/v1/shipments", tags=["device setup"])


@router.get("")
async def list_shipments(
    scope: AsOperator,
    context: InContext,
    state: ShipmentState | None = None,
    program: CodeFilter = None,
    enrollment: Annotated[EnrollmentId | None, Query()] = None,
    customer: Annotated[CustomerId | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ShipmentSummary]:
    """Shipments, newest first; those that are ordered are the warehouse's work."""
    async with transaction(context.sessions) as session:
        return await queries.list_shipments(
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
async def get_shipment(shipment: ShipmentPath, scope: AsOperator, context: InContext) -> ShipmentView:
    """One shipment: where it goes, how far it is, and what can be done."""
    async with transaction(context.sessions) as session:
        return await queries.get_shipment(session, scope, shipment)


@router.post("/{shipment}/shipped")
async def record_shipment_shipped(
    shipment: ShipmentPath, body: ShipmentDispatch, scope: AsOperator, context: InContext
) -> ShipmentStatusView:
    """Say that the device left the warehouse, and with whom. Say it again to add or correct the tracking reference."""
    async with transaction(context.sessions) as session:
        row = await shipments.record_shipped(session, scope, shipment, body)
    return _deliver_and_respond(context, outbox.pop_deliveries(session), queries.to_status(row))


@router.post("/{shipment}/delivered")
async def record_shipment_delivered(
    shipment: ShipmentPath, scope: AsOperator, context: InContext
) -> ShipmentStatusView:
    """Say that the parcel has arrived."""
    async with transaction(context.sessions) as session:
        row = await shipments.record_delivered(session, scope, shipment)
    return _deliver_and_respond(context, outbox.pop_deliveries(session), queries.to_status(row))


@router.post("/{shipment}/confirmed", status_code=202)
async def confirm_shipment_installation(
    shipment: ShipmentPath, body: InstallationConfirmationRequest, scope: AsOperator, context: InContext
) -> ShipmentStatusView:
    """Confirm that the customer has installed the device. The same confirmation again changes nothing."""
    confirmation = SelfInstallation.model_validate(body.model_dump())
    async with transaction(context.sessions) as session:
        row = await self_installation.confirm_self_installation(
            session, scope, context.catalogs, shipment, confirmation
        )
    return _deliver_and_respond(context, outbox.pop_deliveries(session), queries.to_status(row))


@router.post("/{shipment}/returned")
async def record_shipment_returned(
    shipment: ShipmentPath, body: ReasonRequest, scope: AsOperator, context: InContext
) -> ShipmentStatusView:
    """Say that the device came back. An enrolment that waits for it asks a person."""
    async with transaction(context.sessions) as session:
        row = await shipments.record_returned(session, scope, shipment, body.reason)
    return _deliver_and_respond(context, outbox.pop_deliveries(session), queries.to_status(row))


@router.post("/{shipment}/settle")
async def settle_shipment(
    shipment: ShipmentPath, body: ReasonRequest, scope: AsOperator, context: InContext
) -> ShipmentStatusView:
    """Say what became of a device that does not come back: the customer keeps it, or it is lost."""
    async with transaction(context.sessions) as session:
        row = await shipments.settle_unclaimed(session, scope, shipment, body.reason)
    return _deliver_and_respond(context, outbox.pop_deliveries(session), queries.to_status(row))


def _deliver_and_respond(
    context: Context, deliveries: list[outbox.Delivery], standing: ShipmentStatusView
) -> ShipmentStatusView:
    context.courier.enqueue(deliveries)
    return standing

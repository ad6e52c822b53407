"""Shipments of devices to customers: list and read them, record their progress, confirm the installation."""

from typing import Annotated

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import AsOperator
from api.bodies.reason import ReasonRequest
from api.bodies.shipments import InstallationConfirmationRequest
from api.context import Context, InContext
from api.parameters import Cursor, CustomerFilter, EnrollmentFilter, Limit, ProgramFilter, ShipmentPath, StateFilter
from api.problem_responses import problem_responses
from models.requests.shipment import SelfInstallation, ShipmentDispatch
from models.states.shipment import ShipmentState
from models.views.device_setup import ShipmentStatusView, ShipmentSummary, ShipmentView
from models.views.view import Page
from operations.enrollment import self_installation
from operations.field_work import shipment_queries as queries
from operations.field_work import shipments
from operations.field_work.unclaimed_work import settle_unclaimed
from operations.platform.database import transaction

router = APIRouter(prefix="/v1/shipments", tags=["device setup"])


@router.get("")
async def list_shipments(
    scope: AsOperator,
    context: InContext,
    state: Annotated[ShipmentState | None, StateFilter] = None,
    program: ProgramFilter = None,
    enrollment: EnrollmentFilter = None,
    customer: CustomerFilter = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ShipmentSummary]:
    """Returns shipments, newest first. Those in state `ordered` wait for the warehouse."""
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


@router.get("/{shipment}", responses=problem_responses(404))
async def get_shipment(shipment: ShipmentPath, scope: AsOperator, context: InContext) -> ShipmentView:
    """Returns one shipment: the address, the progress and the available actions."""
    async with transaction(context.sessions) as session:
        return await queries.get_shipment(session, scope, shipment)


@router.post("/{shipment}/shipped", responses=problem_responses(404, 409))
async def record_shipment_shipped(
    shipment: ShipmentPath, body: ShipmentDispatch, scope: AsOperator, context: InContext
) -> ShipmentStatusView:
    """Record that the device left the warehouse.

    Repeat the call to add or correct the carrier and tracking reference."""
    async with transaction(context.sessions) as session:
        row = await shipments.record_shipped(session, scope, shipment, body)
    return _respond(context, session, queries.to_status(row))


@router.post("/{shipment}/delivered", responses=problem_responses(404, 409))
async def record_shipment_delivered(
    shipment: ShipmentPath, scope: AsOperator, context: InContext
) -> ShipmentStatusView:
    """Record that the parcel has arrived."""
    async with transaction(context.sessions) as session:
        row = await shipments.record_delivered(session, scope, shipment)
    return _respond(context, session, queries.to_status(row))


@router.post("/{shipment}/confirmed", status_code=202, responses=problem_responses(404, 409))
async def confirm_shipment_installation(
    shipment: ShipmentPath, body: InstallationConfirmationRequest, scope: AsOperator, context: InContext
) -> ShipmentStatusView:
    """Confirm that the customer has installed the device. The same confirmation again changes nothing."""
    confirmation = SelfInstallation.model_validate(body.model_dump())
    async with transaction(context.sessions) as session:
        row = await self_installation.confirm_self_installation(
            session, scope, context.catalogs, shipment, confirmation
        )
    return _respond(context, session, queries.to_status(row))


@router.post("/{shipment}/returned", responses=problem_responses(404, 409))
async def record_shipment_returned(
    shipment: ShipmentPath, body: ReasonRequest, scope: AsOperator, context: InContext
) -> ShipmentStatusView:
    """Record that the device came back. An enrollment that waits for it then needs attention."""
    async with transaction(context.sessions) as session:
        row = await shipments.record_returned(session, scope, shipment, body.reason)
    return _respond(context, session, queries.to_status(row))


@router.post("/{shipment}/settle", responses=problem_responses(404, 409))
async def settle_shipment(
    shipment: ShipmentPath, body: ReasonRequest, scope: AsOperator, context: InContext
) -> ShipmentStatusView:
    """Record what became of a device that does not come back: the customer keeps it, or it is lost."""
    async with transaction(context.sessions) as session:
        row = await settle_unclaimed(session, scope, shipments.LIFECYCLE, shipment, body.reason)
    return _respond(context, session, queries.to_status(row))


def _respond(context: Context, session: AsyncSession, status: ShipmentStatusView) -> ShipmentStatusView:
    context.deliver(session)
    return status

"""Unenrolments: submit, list, see, approve, cancel, retry, and how the removal of a device ended."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.auth import AsOperator
from api.bodies import Reason
from api.context import Context, InContext
from api.parameters import ByCode, ByExternalId, Cursor, DevicePath, IdempotencyKey, Limit, UnenrollmentPath
from api.unenrollment_bodies import Approval, ProgramUnenrollmentRequest, UnenrollmentStanding
from models.ids import CustomerId, EnrollmentId, SubscriptionId
from models.task_states import UnenrollmentState
from models.unenrollment import UnenrollmentApplication
from models.unenrollment_views import UnenrollmentSummary, UnenrollmentView
from models.views import Page
from operations import leaving, outbox, removals, unenrollments
from operations.database import transaction
from operations.queries import unenrollments as queries

router = APIRouter(prefix="/v1/program-unenrollments", tags=["program unenrollments"])


def _told(
    context: Context, deliveries: list[outbox.Delivery], unenrollment: str, state: UnenrollmentState
) -> UnenrollmentStanding:
    context.courier.take(deliveries)
    return UnenrollmentStanding(id=unenrollment, state=state, links=context.unenrollment_links(unenrollment))


@router.post("", status_code=202)
async def submit(
    body: ProgramUnenrollmentRequest,
    response: Response,
    scope: AsOperator,
    context: InContext,
    idempotency_key: IdempotencyKey = None,
) -> UnenrollmentStanding:
    """Ask for a customer to leave a program, with all devices or some. The same transaction id with the same content
    gives the same answer; with other content it is a conflict."""
    async with transaction(context.sessions) as session:
        made = await unenrollments.submit(
            session,
            scope,
            UnenrollmentApplication.model_validate(body.model_dump()),
            idempotency_key=idempotency_key,
            acknowledgement_timeout_seconds=context.acknowledgement_timeout_seconds,
        )
    response.headers["Location"] = context.unenrollment_links(made.unenrollment_id)["self"]
    return _told(context, outbox.written(session), made.unenrollment_id, made.state)


@router.get("")
async def listed(
    scope: AsOperator,
    context: InContext,
    customer: Annotated[CustomerId | None, Query()] = None,
    account: ByExternalId = None,
    program: ByCode = None,
    subscription: Annotated[SubscriptionId | None, Query()] = None,
    enrollment: Annotated[EnrollmentId | None, Query()] = None,
    state: UnenrollmentState | None = None,
    transaction_id: ByExternalId = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[UnenrollmentSummary]:
    """Unenrolments, newest first."""
    async with transaction(context.sessions) as session:
        return await queries.listed(
            session,
            scope,
            customer=customer,
            account=account,
            program=program,
            subscription=subscription,
            enrollment=enrollment,
            state=state,
            transaction_id=transaction_id,
            limit=limit,
            cursor=cursor,
        )


@router.get("/{unenrollment}")
async def seen(unenrollment: UnenrollmentPath, scope: AsOperator, context: InContext) -> UnenrollmentView:
    """One unenrolment: the decision rule by rule, devices, orders, sync requests, and everything that happened."""
    async with transaction(context.sessions) as session:
        return await queries.seen(session, scope, unenrollment, context.unenrollment_links(unenrollment))


@router.post("/{unenrollment}/approval")
async def approve(
    unenrollment: UnenrollmentPath, body: Approval, scope: AsOperator, context: InContext
) -> UnenrollmentStanding:
    """Approve a request that waits for it, or turn it down."""
    async with transaction(context.sessions) as session:
        state = await leaving.approve(
            session, scope, context.catalogs, unenrollment, approved=body.approved, reason=body.reason
        )
    return _told(context, outbox.written(session), unenrollment, state)


@router.post("/{unenrollment}/cancel")
async def cancel(
    unenrollment: UnenrollmentPath, body: Reason, scope: AsOperator, context: InContext
) -> UnenrollmentStanding:
    """Take the request back, as long as no device has left: subscription and registrations are as before."""
    async with transaction(context.sessions) as session:
        state = await unenrollments.cancel(session, scope, unenrollment, body.reason)
    return _told(context, outbox.written(session), unenrollment, state)


@router.post("/{unenrollment}/retry")
async def retry(unenrollment: UnenrollmentPath, scope: AsOperator, context: InContext) -> UnenrollmentStanding:
    """Have devices fetched once more whose removal came to nothing."""
    async with transaction(context.sessions) as session:
        state = await unenrollments.retry(session, scope, unenrollment)
    return _told(context, outbox.written(session), unenrollment, state)


@router.post("/{unenrollment}/devices/{device}/received")
async def received(
    unenrollment: UnenrollmentPath, device: DevicePath, scope: AsOperator, context: InContext
) -> UnenrollmentStanding:
    """A device that was to be shipped back has come."""
    async with transaction(context.sessions) as session:
        state = await removals.received(session, scope, context.catalogs, unenrollment, device)
    return _told(context, outbox.written(session), unenrollment, state)


@router.post("/{unenrollment}/devices/{device}/kept")
async def kept(
    unenrollment: UnenrollmentPath, device: DevicePath, body: Reason, scope: AsOperator, context: InContext
) -> UnenrollmentStanding:
    """End a removal: the device stays where it is, and leaves the program all the same."""
    async with transaction(context.sessions) as session:
        state = await removals.keep(session, scope, context.catalogs, unenrollment, device, body.reason)
    return _told(context, outbox.written(session), unenrollment, state)

"""Unenrolments: submit, list, see, approve, cancel, retry, and how the removal of a device ended."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.auth import AsOperator
from api.bodies import ReasonRequest
from api.context import Context, InContext
from api.parameters import CodeFilter, Cursor, DevicePath, ExternalIdFilter, IdempotencyKey, Limit, UnenrollmentPath
from api.unenrollment_bodies import ApprovalRequest, ProgramUnenrollmentRequest, UnenrollmentStatusView
from models.ids import CustomerId, EnrollmentId, SubscriptionId
from models.requests.unenrollment import UnenrollmentApplication
from models.states.unenrollment import UnenrollmentState
from models.views.unenrollment import UnenrollmentSummary, UnenrollmentView
from models.views.view import Page
from operations.platform import outbox
from operations.platform.database import transaction
from operations.unenrollment import queries, removals, steps, unenrollments

router = APIRouter(prefix="/v1/program-unenrollments", tags=["program unenrollments"])


def _deliver_and_respond(
    context: Context, deliveries: list[outbox.Delivery], unenrollment: str, state: UnenrollmentState
) -> UnenrollmentStatusView:
    context.courier.enqueue(deliveries)
    return UnenrollmentStatusView(id=unenrollment, state=state, links=context.unenrollment_links(unenrollment))


@router.post("", status_code=202)
async def submit_program_unenrollment(
    body: ProgramUnenrollmentRequest,
    response: Response,
    scope: AsOperator,
    context: InContext,
    idempotency_key: IdempotencyKey = None,
) -> UnenrollmentStatusView:
    """Ask for a customer to leave a program, with all devices or some. The same transaction id with the same content
    gives the same answer; with other content it is a conflict."""
    async with transaction(context.sessions) as session:
        made = await unenrollments.submit_unenrollment(
            session,
            scope,
            UnenrollmentApplication.model_validate(body.model_dump()),
            idempotency_key=idempotency_key,
            acknowledgement_timeout_seconds=context.acknowledgement_timeout_seconds,
        )
    response.headers["Location"] = context.unenrollment_links(made.unenrollment_id)["self"]
    return _deliver_and_respond(context, outbox.pop_deliveries(session), made.unenrollment_id, made.state)


@router.get("")
async def list_program_unenrollments(
    scope: AsOperator,
    context: InContext,
    customer: Annotated[CustomerId | None, Query()] = None,
    account: ExternalIdFilter = None,
    program: CodeFilter = None,
    subscription: Annotated[SubscriptionId | None, Query()] = None,
    enrollment: Annotated[EnrollmentId | None, Query()] = None,
    state: UnenrollmentState | None = None,
    transaction_id: ExternalIdFilter = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[UnenrollmentSummary]:
    """Unenrolments, newest first."""
    async with transaction(context.sessions) as session:
        return await queries.list_unenrollments(
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
async def get_program_unenrollment(
    unenrollment: UnenrollmentPath, scope: AsOperator, context: InContext
) -> UnenrollmentView:
    """One unenrolment: the decision rule by rule, devices, orders, sync requests, and everything that happened."""
    async with transaction(context.sessions) as session:
        return await queries.get_unenrollment(session, scope, unenrollment, context.unenrollment_links(unenrollment))


@router.post("/{unenrollment}/approval")
async def decide_program_unenrollment_approval(
    unenrollment: UnenrollmentPath, body: ApprovalRequest, scope: AsOperator, context: InContext
) -> UnenrollmentStatusView:
    """Approve a request that waits for it, or turn it down."""
    async with transaction(context.sessions) as session:
        state = await steps.approve_unenrollment(
            session, scope, context.catalogs, unenrollment, approved=body.approved, reason=body.reason
        )
    return _deliver_and_respond(context, outbox.pop_deliveries(session), unenrollment, state)


@router.post("/{unenrollment}/cancel")
async def cancel_program_unenrollment(
    unenrollment: UnenrollmentPath, body: ReasonRequest, scope: AsOperator, context: InContext
) -> UnenrollmentStatusView:
    """Take the request back, as long as no device has left: subscription and registrations are as before."""
    async with transaction(context.sessions) as session:
        state = await unenrollments.cancel_unenrollment(session, scope, unenrollment, body.reason)
    return _deliver_and_respond(context, outbox.pop_deliveries(session), unenrollment, state)


@router.post("/{unenrollment}/retry")
async def retry_program_unenrollment(
    unenrollment: UnenrollmentPath, scope: AsOperator, context: InContext
) -> UnenrollmentStatusView:
    """Have devices fetched once more whose removal came to nothing."""
    async with transaction(context.sessions) as session:
        state = await unenrollments.retry_unenrollment(session, scope, unenrollment)
    return _deliver_and_respond(context, outbox.pop_deliveries(session), unenrollment, state)


@router.post("/{unenrollment}/devices/{device}/received")
async def record_returned_device(
    unenrollment: UnenrollmentPath, device: DevicePath, scope: AsOperator, context: InContext
) -> UnenrollmentStatusView:
    """A device that was to be shipped back has come."""
    async with transaction(context.sessions) as session:
        state = await removals.receive_device(session, scope, context.catalogs, unenrollment, device)
    return _deliver_and_respond(context, outbox.pop_deliveries(session), unenrollment, state)


@router.post("/{unenrollment}/devices/{device}/kept")
async def record_kept_device(
    unenrollment: UnenrollmentPath, device: DevicePath, body: ReasonRequest, scope: AsOperator, context: InContext
) -> UnenrollmentStatusView:
    """End a removal: the device stays where it is, and leaves the program all the same."""
    async with transaction(context.sessions) as session:
        state = await removals.keep_device(session, scope, context.catalogs, unenrollment, device, body.reason)
    return _deliver_and_respond(context, outbox.pop_deliveries(session), unenrollment, state)

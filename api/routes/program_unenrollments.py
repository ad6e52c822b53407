"""Unenrollments: submit, list, read, approve, cancel and retry them, and record how a device removal ended."""

from typing import Annotated

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import AsOperator
from api.bodies.program_unenrollments import ApprovalRequest, ProgramUnenrollmentRequest, UnenrollmentStatusView
from api.bodies.reason import ReasonRequest
from api.context import Context, InContext
from api.links import build_unenrollment_links
from api.parameters import (
    AccountFilter,
    Cursor,
    CustomerFilter,
    DevicePath,
    EnrollmentFilter,
    IdempotencyKey,
    Limit,
    ProgramFilter,
    StateFilter,
    SubscriptionFilter,
    TransactionIdFilter,
    UnenrollmentPath,
)
from api.problem_responses import problem_responses
from models.requests.unenrollment import UnenrollmentApplication
from models.states.unenrollment import UnenrollmentState
from models.views.unenrollment import UnenrollmentSummary, UnenrollmentView
from models.views.view import Page
from operations.platform.database import transaction
from operations.unenrollment import queries, removals, steps, submission, unenrollments

router = APIRouter(prefix="/v1/program-unenrollments", tags=["program unenrollments"])


def _respond(
    context: Context, session: AsyncSession, unenrollment: str, state: UnenrollmentState
) -> UnenrollmentStatusView:
    context.deliver(session)
    return UnenrollmentStatusView(id=unenrollment, state=state, links=build_unenrollment_links(context, unenrollment))


@router.post("", status_code=202, responses=problem_responses(409))
async def submit_program_unenrollment(
    body: ProgramUnenrollmentRequest,
    response: Response,
    scope: AsOperator,
    context: InContext,
    idempotency_key: IdempotencyKey = None,
) -> UnenrollmentStatusView:
    """Submit a request to unenroll a customer from a program, with all devices or some of them.

    The same transaction id with the same content returns the same answer; with other content it is a conflict."""
    async with transaction(context.sessions) as session:
        submitted = await submission.submit_unenrollment(
            session,
            scope,
            UnenrollmentApplication.model_validate(body.model_dump()),
            idempotency_key=idempotency_key,
        )
    response.headers["Location"] = build_unenrollment_links(context, submitted.id)["self"]
    return _respond(context, session, submitted.id, submitted.state)


@router.get("")
async def list_program_unenrollments(
    scope: AsOperator,
    context: InContext,
    customer: CustomerFilter = None,
    account: AccountFilter = None,
    program: ProgramFilter = None,
    subscription: SubscriptionFilter = None,
    enrollment: EnrollmentFilter = None,
    state: Annotated[UnenrollmentState | None, StateFilter] = None,
    transaction_id: TransactionIdFilter = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[UnenrollmentSummary]:
    """Returns unenrollments, newest first."""
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


@router.get("/{unenrollment}", responses=problem_responses(404))
async def get_program_unenrollment(
    unenrollment: UnenrollmentPath, scope: AsOperator, context: InContext
) -> UnenrollmentView:
    """Returns one unenrollment: the decision rule by rule, the devices, the work orders, the sync requests and the
    timeline."""
    async with transaction(context.sessions) as session:
        return await queries.get_unenrollment(
            session, scope, unenrollment, build_unenrollment_links(context, unenrollment)
        )


@router.post("/{unenrollment}/approval", responses=problem_responses(404, 409))
async def decide_program_unenrollment_approval(
    unenrollment: UnenrollmentPath, body: ApprovalRequest, scope: AsOperator, context: InContext
) -> UnenrollmentStatusView:
    """Approve or decline a request that waits for approval."""
    async with transaction(context.sessions) as session:
        state = await steps.approve_unenrollment(
            session, scope, context.catalogs, unenrollment, approved=body.approved, reason=body.reason
        )
    return _respond(context, session, unenrollment, state)


@router.post("/{unenrollment}/cancel", responses=problem_responses(404, 409))
async def cancel_program_unenrollment(
    unenrollment: UnenrollmentPath, body: ReasonRequest, scope: AsOperator, context: InContext
) -> UnenrollmentStatusView:
    """Cancel the request, as long as no device has left the program.

    Subscription and registrations stay as they were."""
    async with transaction(context.sessions) as session:
        state = await unenrollments.cancel_unenrollment(session, scope, unenrollment, body.reason)
    return _respond(context, session, unenrollment, state)


@router.post("/{unenrollment}/retry", responses=problem_responses(404, 409))
async def retry_program_unenrollment(
    unenrollment: UnenrollmentPath, scope: AsOperator, context: InContext
) -> UnenrollmentStatusView:
    """Try again to collect the devices whose removal failed."""
    async with transaction(context.sessions) as session:
        state = await unenrollments.retry_unenrollment(session, scope, unenrollment)
    return _respond(context, session, unenrollment, state)


@router.post("/{unenrollment}/devices/{device}/received", responses=problem_responses(404, 409))
async def record_returned_device(
    unenrollment: UnenrollmentPath, device: DevicePath, scope: AsOperator, context: InContext
) -> UnenrollmentStatusView:
    """Record that a device that the customer ships back has arrived."""
    async with transaction(context.sessions) as session:
        state = await removals.receive_device(session, scope, context.catalogs, unenrollment, device)
    return _respond(context, session, unenrollment, state)


@router.post("/{unenrollment}/devices/{device}/kept", responses=problem_responses(404, 409))
async def record_kept_device(
    unenrollment: UnenrollmentPath, device: DevicePath, body: ReasonRequest, scope: AsOperator, context: InContext
) -> UnenrollmentStatusView:
    """End the removal of a device: it stays where it is, and leaves the program all the same."""
    async with transaction(context.sessions) as session:
        state = await removals.keep_device(session, scope, context.catalogs, unenrollment, device, body.reason)
    return _respond(context, session, unenrollment, state)

"""Enrollments: submit, list, read, cancel and retry them."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.auth import AsOperator
from api.bodies.program_enrollments import EnrollmentStatusView, ProgramEnrollmentRequest
from api.bodies.reason import ReasonRequest
from api.context import InContext
from api.links import build_enrollment_links
from api.parameters import (
    AccountFilter,
    Cursor,
    CustomerFilter,
    EnrollmentPath,
    IdempotencyKey,
    Limit,
    ProgramFilter,
    StateFilter,
    TransactionIdFilter,
)
from api.problem_responses import problem_responses
from models.requests.enrollment import EnrollmentApplication
from models.states.enrollment import EnrollmentState
from models.states.subscription import SubscriptionState
from models.views.enrollment import EnrollmentSummary, EnrollmentView
from models.views.view import Page
from operations.enrollment import enrollments, queries, submission
from operations.platform.database import transaction

router = APIRouter(prefix="/v1/program-enrollments", tags=["program enrollments"])


@router.post("", status_code=202, responses=problem_responses(409))
async def submit_program_enrollment(
    body: ProgramEnrollmentRequest,
    response: Response,
    scope: AsOperator,
    context: InContext,
    idempotency_key: IdempotencyKey = None,
) -> EnrollmentStatusView:
    """Submit a request to enroll a customer in a program.

    The same transaction id with the same content returns the same answer; with other content it is a conflict."""
    async with transaction(context.sessions) as session:
        submitted = await submission.submit_enrollment(
            session,
            scope,
            EnrollmentApplication.model_validate(body.model_dump()),
            idempotency_key=idempotency_key,
        )
    context.deliver(session)
    links = build_enrollment_links(context, submitted.id)
    response.headers["Location"] = links["self"]
    return EnrollmentStatusView(id=submitted.id, state=submitted.state, links=links)


@router.get("")
async def list_program_enrollments(
    scope: AsOperator,
    context: InContext,
    customer: CustomerFilter = None,
    account: AccountFilter = None,
    program: ProgramFilter = None,
    state: Annotated[EnrollmentState | None, StateFilter] = None,
    subscription_state: Annotated[
        SubscriptionState | None, Query(description="Only those whose subscription is in this state.")
    ] = None,
    transaction_id: TransactionIdFilter = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[EnrollmentSummary]:
    """Returns enrollments, newest first."""
    async with transaction(context.sessions) as session:
        return await queries.list_enrollments(
            session,
            scope,
            customer=customer,
            account=account,
            program=program,
            state=state,
            subscription_state=subscription_state,
            transaction_id=transaction_id,
            limit=limit,
            cursor=cursor,
        )


@router.get("/{enrollment}", responses=problem_responses(404))
async def get_program_enrollment(enrollment: EnrollmentPath, scope: AsOperator, context: InContext) -> EnrollmentView:
    """Returns one enrollment: the decision rule by rule, the devices, the sync requests and the timeline."""
    async with transaction(context.sessions) as session:
        return await queries.get_enrollment(session, scope, enrollment, build_enrollment_links(context, enrollment))


@router.post("/{enrollment}/cancel", responses=problem_responses(404, 409))
async def cancel_program_enrollment(
    enrollment: EnrollmentPath, body: ReasonRequest, scope: AsOperator, context: InContext
) -> EnrollmentStatusView:
    """Cancel the request, as long as the customer is not enrolled."""
    async with transaction(context.sessions) as session:
        state = await enrollments.cancel_enrollment(session, scope, context.catalogs, enrollment, body.reason)
    context.deliver(session)
    return EnrollmentStatusView(id=enrollment, state=state, links=build_enrollment_links(context, enrollment))


@router.post("/{enrollment}/retry", responses=problem_responses(404, 409))
async def retry_program_enrollment(
    enrollment: EnrollmentPath, scope: AsOperator, context: InContext
) -> EnrollmentStatusView:
    """Retry a request that needs attention."""
    async with transaction(context.sessions) as session:
        state = await enrollments.retry_enrollment(session, scope, enrollment)
    context.deliver(session)
    return EnrollmentStatusView(id=enrollment, state=state, links=build_enrollment_links(context, enrollment))

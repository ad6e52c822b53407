"""Enrolments: submit, list, see, cancel, retry."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.auth import AsOperator
from api.bodies import EnrollmentAccepted, EnrollmentStatusView, ProgramEnrollmentRequest, ReasonRequest
from api.context import InContext
from api.parameters import CodeFilter, Cursor, EnrollmentPath, ExternalIdFilter, IdempotencyKey, Limit
from models.ids import CustomerId
from models.requests.enrollment import EnrollmentApplication
from models.states.enrollment import EnrollmentState
from models.states.subscription import SubscriptionState
from models.views.enrollment import EnrollmentSummary, EnrollmentView
from models.views.view import Page
from operations.enrollment import enrollments, queries
from operations.platform import outbox
from operations.platform.database import transaction

router = APIRouter(prefix="/v1/program-enrollments", tags=["program enrollments"])


@router.post("", status_code=202)
async def submit_program_enrollment(
    body: ProgramEnrollmentRequest,
    response: Response,
    scope: AsOperator,
    context: InContext,
    idempotency_key: IdempotencyKey = None,
) -> EnrollmentAccepted:
    """Ask for a customer to take part in a program. The same transaction id with the same content gives the same
    answer; with other content it is a conflict."""
    async with transaction(context.sessions) as session:
        made = await enrollments.submit_enrollment(
            session,
            scope,
            EnrollmentApplication.model_validate(body.model_dump()),
            idempotency_key=idempotency_key,
            acknowledgement_timeout_seconds=context.acknowledgement_timeout_seconds,
        )
    context.courier.enqueue(outbox.pop_deliveries(session))
    links = context.enrollment_links(made.enrollment_id)
    response.headers["Location"] = links["self"]
    return EnrollmentAccepted(id=made.enrollment_id, state=made.state, links=links)


@router.get("")
async def list_program_enrollments(
    scope: AsOperator,
    context: InContext,
    customer: Annotated[CustomerId | None, Query()] = None,
    account: ExternalIdFilter = None,
    program: CodeFilter = None,
    state: EnrollmentState | None = None,
    subscription_state: SubscriptionState | None = None,
    transaction_id: ExternalIdFilter = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[EnrollmentSummary]:
    """Enrolments, newest first."""
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


@router.get("/{enrollment}")
async def get_program_enrollment(enrollment: EnrollmentPath, scope: AsOperator, context: InContext) -> EnrollmentView:
    """One enrolment: the decision rule by rule, devices, sync requests, and everything that happened."""
    async with transaction(context.sessions) as session:
        return await queries.get_enrollment(session, scope, enrollment, context.enrollment_links(enrollment))


@router.post("/{enrollment}/cancel")
async def cancel_program_enrollment(
    enrollment: EnrollmentPath, body: ReasonRequest, scope: AsOperator, context: InContext
) -> EnrollmentStatusView:
    """Take the request back, as long as the customer is not enrolled."""
    async with transaction(context.sessions) as session:
        state = await enrollments.cancel_enrollment(session, scope, context.catalogs, enrollment, body.reason)
    context.courier.enqueue(outbox.pop_deliveries(session))
    return EnrollmentStatusView(id=enrollment, state=state, links=context.enrollment_links(enrollment))


@router.post("/{enrollment}/retry")
async def retry_program_enrollment(
    enrollment: EnrollmentPath, scope: AsOperator, context: InContext
) -> EnrollmentStatusView:
    """Try a request that needs attention again."""
    async with transaction(context.sessions) as session:
        state = await enrollments.retry_enrollment(session, scope, enrollment)
    context.courier.enqueue(outbox.pop_deliveries(session))
    return EnrollmentStatusView(id=enrollment, state=state, links=context.enrollment_links(enrollment))

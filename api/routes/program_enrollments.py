"""Enrolments: submit, list, see, cancel, retry."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.auth import AsOperator
from api.bodies import EnrollmentAccepted, EnrollmentStanding, ProgramEnrollmentRequest, Reason
from api.context import InContext
from api.parameters import ByCode, ByExternalId, Cursor, EnrollmentPath, IdempotencyKey, Limit
from models.application import EnrollmentApplication
from models.ids import CustomerId
from models.states import EnrollmentState, SubscriptionState
from models.views import EnrollmentSummary, EnrollmentView, Page
from operations import enrollments, outbox
from operations.database import transaction
from operations.queries import enrollments as queries

router = APIRouter(prefix="/v1/program-enrollments", tags=["program enrollments"])


@router.post("", status_code=202)
async def submit(
    body: ProgramEnrollmentRequest,
    response: Response,
    scope: AsOperator,
    context: InContext,
    idempotency_key: IdempotencyKey = None,
) -> EnrollmentAccepted:
    """Ask for a customer to take part in a program. The same transaction id with the same content gives the same
    answer; with other content it is a conflict."""
    async with transaction(context.sessions) as session:
        made = await enrollments.submit(
            session,
            scope,
            EnrollmentApplication.model_validate(body.model_dump()),
            idempotency_key=idempotency_key,
            acknowledgement_timeout_seconds=context.acknowledgement_timeout_seconds,
        )
    context.courier.take(outbox.written(session))
    links = context.enrollment_links(made.enrollment_id)
    response.headers["Location"] = links["self"]
    return EnrollmentAccepted(id=made.enrollment_id, state=made.state, links=links)


@router.get("")
async def listed(
    scope: AsOperator,
    context: InContext,
    customer: Annotated[CustomerId | None, Query()] = None,
    account: ByExternalId = None,
    program: ByCode = None,
    state: EnrollmentState | None = None,
    subscription_state: SubscriptionState | None = None,
    transaction_id: ByExternalId = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[EnrollmentSummary]:
    """Enrolments, newest first."""
    async with transaction(context.sessions) as session:
        return await queries.listed(
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
async def seen(enrollment: EnrollmentPath, scope: AsOperator, context: InContext) -> EnrollmentView:
    """One enrolment: the decision rule by rule, devices, sync requests, and everything that happened."""
    async with transaction(context.sessions) as session:
        return await queries.seen(session, scope, enrollment, context.enrollment_links(enrollment))


@router.post("/{enrollment}/cancel")
async def cancel(enrollment: EnrollmentPath, body: Reason, scope: AsOperator, context: InContext) -> EnrollmentStanding:
    """Take the request back, as long as the customer is not enrolled."""
    async with transaction(context.sessions) as session:
        state = await enrollments.cancel(session, scope, context.catalogs, enrollment, body.reason)
    context.courier.take(outbox.written(session))
    return EnrollmentStanding(id=enrollment, state=state, links=context.enrollment_links(enrollment))


@router.post("/{enrollment}/retry")
async def retry(enrollment: EnrollmentPath, scope: AsOperator, context: InContext) -> EnrollmentStanding:
    """Try a request that needs attention again."""
    async with transaction(context.sessions) as session:
        state = await enrollments.retry(session, scope, enrollment)
    context.courier.take(outbox.written(session))
    return EnrollmentStanding(id=enrollment, state=state, links=context.enrollment_links(enrollment))

"""Service calls: open, list and read them, choose an action, cancel and retry."""

from typing import Annotated

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import AsOperator
from api.bodies.reason import ReasonRequest
from api.bodies.service_calls import ServiceActionRequest, ServiceCallRequest, ServiceCallStatusView
from api.context import Context, InContext
from api.links import build_service_call_links
from api.parameters import (
    Cursor,
    CustomerFilter,
    DeviceFilter,
    IdempotencyKey,
    Limit,
    ProgramFilter,
    ServiceCallPath,
    StateFilter,
    SubscriptionFilter,
)
from api.problem_responses import problem_responses
from models.requests.service_call import ChosenAction, ServiceCallApplication
from models.states.service_call import ServiceCallState
from models.views.service_call import ServiceCallSummary, ServiceCallView
from models.views.view import Page
from operations.platform.database import transaction
from operations.service_call import decisions, queries, submission

router = APIRouter(prefix="/v1/service-calls", tags=["service calls"])


def _respond(
    context: Context, session: AsyncSession, service_call: str, state: ServiceCallState
) -> ServiceCallStatusView:
    context.deliver(session)
    return ServiceCallStatusView(id=service_call, state=state, links=build_service_call_links(context, service_call))


@router.post("", status_code=202, responses=problem_responses(409))
async def submit_service_call(
    body: ServiceCallRequest,
    response: Response,
    scope: AsOperator,
    context: InContext,
    idempotency_key: IdempotencyKey = None,
) -> ServiceCallStatusView:
    """Open a service call for an enrolled device: advice, a remote action, a site visit, or a choice to be made later.

    The same transaction id with the same content returns the same answer; with other content it is a conflict."""
    async with transaction(context.sessions) as session:
        submitted = await submission.submit_service_call(
            session,
            scope,
            context.catalogs,
            ServiceCallApplication.model_validate(body.model_dump()),
            idempotency_key=idempotency_key,
        )
    response.headers["Location"] = build_service_call_links(context, submitted.id)["self"]
    return _respond(context, session, submitted.id, submitted.state)


@router.get("")
async def list_service_calls(
    scope: AsOperator,
    context: InContext,
    customer: CustomerFilter = None,
    program: ProgramFilter = None,
    subscription: SubscriptionFilter = None,
    device: DeviceFilter = None,
    state: Annotated[ServiceCallState | None, StateFilter] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ServiceCallSummary]:
    """Returns service calls, newest first."""
    async with transaction(context.sessions) as session:
        return await queries.list_service_calls(
            session,
            scope,
            customer=customer,
            program=program,
            subscription=subscription,
            device=device,
            state=state,
            limit=limit,
            cursor=cursor,
        )


@router.get("/{service_call}", responses=problem_responses(404))
async def get_service_call(service_call: ServiceCallPath, scope: AsOperator, context: InContext) -> ServiceCallView:
    """Returns one service call: the device, the visits, the sync requests, the possible actions and the timeline."""
    async with transaction(context.sessions) as session:
        return await queries.get_service_call(
            session, scope, context.catalogs, service_call, build_service_call_links(context, service_call)
        )


@router.post("/{service_call}/action", responses=problem_responses(404, 409))
async def choose_service_call_action(
    service_call: ServiceCallPath, body: ServiceActionRequest, scope: AsOperator, context: InContext
) -> ServiceCallStatusView:
    """Choose how to handle the service call, while no other action is under way."""
    chosen = ChosenAction.model_validate(body.model_dump())
    async with transaction(context.sessions) as session:
        state = await decisions.choose_action(session, scope, context.catalogs, service_call, chosen)
    return _respond(context, session, service_call, state)


@router.post("/{service_call}/cancel", responses=problem_responses(404, 409))
async def cancel_service_call(
    service_call: ServiceCallPath, body: ReasonRequest, scope: AsOperator, context: InContext
) -> ServiceCallStatusView:
    """Cancel the service call and its visit, unless a technician is on the way."""
    async with transaction(context.sessions) as session:
        state = await decisions.cancel_service_call(session, scope, service_call, body.reason)
    return _respond(context, session, service_call, state)


@router.post("/{service_call}/retry", responses=problem_responses(404, 409))
async def retry_service_call(
    service_call: ServiceCallPath, scope: AsOperator, context: InContext
) -> ServiceCallStatusView:
    """Retry the action that failed: one more visit, or the remote action again."""
    async with transaction(context.sessions) as session:
        state = await decisions.retry_service_call(session, scope, service_call)
    return _respond(context, session, service_call, state)

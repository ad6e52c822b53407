"""Service calls: open, list, see, choose what is done, cancel, retry."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.auth import AsOperator
from api.bodies import ReasonRequest
from api.context import Context, InContext
from api.parameters import CodeFilter, Cursor, IdempotencyKey, Limit, ServiceCallPath
from api.service_call_bodies import ServiceActionRequest, ServiceCallRequest, ServiceCallStatusView
from models.ids import CustomerId, DeviceId, SubscriptionId
from models.requests.service_call import ChosenAction, ServiceCallApplication
from models.states.service_call import ServiceCallState
from models.views.service_call import ServiceCallSummary, ServiceCallView
from models.views.view import Page
from operations.platform import outbox
from operations.platform.database import transaction
from operations.service_call import decisions, queries, service_calls

router = APIRouter(prefix="/v1/service-calls", tags=["service calls"])


def _deliver_and_respond(
    context: Context, deliveries: list[outbox.Delivery], service_call: str, state: ServiceCallState
) -> ServiceCallStatusView:
    context.courier.enqueue(deliveries)
    return ServiceCallStatusView(id=service_call, state=state, links=context.service_call_links(service_call))


@router.post("", status_code=202)
async def submit_service_call(
    body: ServiceCallRequest,
    response: Response,
    scope: AsOperator,
    context: InContext,
    idempotency_key: IdempotencyKey = None,
) -> ServiceCallStatusView:
    """Open a call for an enrolled device: advice, a remote action, a visit, or to be decided. The same transaction id
    with the same content gives the same answer; with other content it is a conflict."""
    async with transaction(context.sessions) as session:
        made = await service_calls.submit_service_call(
            session,
            scope,
            context.catalogs,
            ServiceCallApplication.model_validate(body.model_dump()),
            idempotency_key=idempotency_key,
            acknowledgement_timeout_seconds=context.acknowledgement_timeout_seconds,
        )
    response.headers["Location"] = context.service_call_links(made.service_call_id)["self"]
    return _deliver_and_respond(context, outbox.pop_deliveries(session), made.service_call_id, made.state)


@router.get("")
async def list_service_calls(
    scope: AsOperator,
    context: InContext,
    customer: Annotated[CustomerId | None, Query()] = None,
    program: CodeFilter = None,
    subscription: Annotated[SubscriptionId | None, Query()] = None,
    device: Annotated[DeviceId | None, Query()] = None,
    state: ServiceCallState | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ServiceCallSummary]:
    """Service calls, newest first."""
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


@router.get("/{service_call}")
async def get_service_call(service_call: ServiceCallPath, scope: AsOperator, context: InContext) -> ServiceCallView:
    """One call: devices, visits, sync requests, what can be chosen, and everything that happened."""
    async with transaction(context.sessions) as session:
        return await queries.get_service_call(
            session, scope, context.catalogs, service_call, context.service_call_links(service_call)
        )


@router.post("/{service_call}/action")
async def choose_service_call_action(
    service_call: ServiceCallPath, body: ServiceActionRequest, scope: AsOperator, context: InContext
) -> ServiceCallStatusView:
    """Choose what shall be done, while nothing else is under way."""
    chosen = ChosenAction.model_validate(body.model_dump())
    async with transaction(context.sessions) as session:
        state = await decisions.choose_action(session, scope, context.catalogs, service_call, chosen)
    return _deliver_and_respond(context, outbox.pop_deliveries(session), service_call, state)


@router.post("/{service_call}/cancel")
async def cancel_service_call(
    service_call: ServiceCallPath, body: ReasonRequest, scope: AsOperator, context: InContext
) -> ServiceCallStatusView:
    """Take the call back and call its visit off, unless a technician is on the way."""
    async with transaction(context.sessions) as session:
        state = await decisions.cancel_service_call(session, scope, service_call, body.reason)
    return _deliver_and_respond(context, outbox.pop_deliveries(session), service_call, state)


@router.post("/{service_call}/retry")
async def retry_service_call(
    service_call: ServiceCallPath, scope: AsOperator, context: InContext
) -> ServiceCallStatusView:
    """Try again what came to nothing: one more visit, or the remote action once more."""
    async with transaction(context.sessions) as session:
        state = await decisions.retry_service_call(session, scope, service_call)
    return _deliver_and_respond(context, outbox.pop_deliveries(session), service_call, state)

"""Service calls: open, list, see, choose what is done, cancel, retry."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.auth import AsOperator
from api.bodies import Reason
from api.context import Context, InContext
from api.parameters import ByCode, Cursor, IdempotencyKey, Limit, ServiceCallPath
from api.service_call_bodies import ActionRequest, ServiceCallRequest, ServiceCallStanding
from models.ids import CustomerId, DeviceId, SubscriptionId
from models.service_call import ChosenAction, ServiceCallApplication
from models.service_call_views import ServiceCallSummary, ServiceCallView
from models.task_states import ServiceCallState
from models.views import Page
from operations import outbox, service_call_decisions, service_calls
from operations.database import transaction
from operations.queries import service_calls as queries

router = APIRouter(prefix="/v1/service-calls", tags=["service calls"])


def _told(
    context: Context, deliveries: list[outbox.Delivery], service_call: str, state: ServiceCallState
) -> ServiceCallStanding:
    context.courier.take(deliveries)
    return ServiceCallStanding(id=service_call, state=state, links=context.service_call_links(service_call))


@router.post("", status_code=202)
async def submit(
    body: ServiceCallRequest,
    response: Response,
    scope: AsOperator,
    context: InContext,
    idempotency_key: IdempotencyKey = None,
) -> ServiceCallStanding:
    """Open a call for an enrolled device: advice, a remote action, a visit, or to be decided. The same transaction id
    with the same content gives the same answer; with other content it is a conflict."""
    async with transaction(context.sessions) as session:
        made = await service_calls.submit(
            session,
            scope,
            context.catalogs,
            ServiceCallApplication.model_validate(body.model_dump()),
            idempotency_key=idempotency_key,
            acknowledgement_timeout_seconds=context.acknowledgement_timeout_seconds,
        )
    response.headers["Location"] = context.service_call_links(made.service_call_id)["self"]
    return _told(context, outbox.written(session), made.service_call_id, made.state)


@router.get("")
async def listed(
    scope: AsOperator,
    context: InContext,
    customer: Annotated[CustomerId | None, Query()] = None,
    program: ByCode = None,
    subscription: Annotated[SubscriptionId | None, Query()] = None,
    device: Annotated[DeviceId | None, Query()] = None,
    state: ServiceCallState | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ServiceCallSummary]:
    """Service calls, newest first."""
    async with transaction(context.sessions) as session:
        return await queries.listed(
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
async def seen(service_call: ServiceCallPath, scope: AsOperator, context: InContext) -> ServiceCallView:
    """One call: devices, visits, sync requests, what can be chosen, and everything that happened."""
    async with transaction(context.sessions) as session:
        return await queries.seen(
            session, scope, context.catalogs, service_call, context.service_call_links(service_call)
        )


@router.post("/{service_call}/action")
async def choose(
    service_call: ServiceCallPath, body: ActionRequest, scope: AsOperator, context: InContext
) -> ServiceCallStanding:
    """Choose what shall be done, while nothing else is under way."""
    chosen = ChosenAction.model_validate(body.model_dump())
    async with transaction(context.sessions) as session:
        state = await service_call_decisions.choose(session, scope, context.catalogs, service_call, chosen)
    return _told(context, outbox.written(session), service_call, state)


@router.post("/{service_call}/cancel")
async def cancel(
    service_call: ServiceCallPath, body: Reason, scope: AsOperator, context: InContext
) -> ServiceCallStanding:
    """Take the call back and call its visit off, unless a technician is on the way."""
    async with transaction(context.sessions) as session:
        state = await service_call_decisions.cancel(session, scope, service_call, body.reason)
    return _told(context, outbox.written(session), service_call, state)


@router.post("/{service_call}/retry")
async def retry(service_call: ServiceCallPath, scope: AsOperator, context: InContext) -> ServiceCallStanding:
    """Try again what came to nothing: one more visit, or the remote action once more."""
    async with transaction(context.sessions) as session:
        state = await service_call_decisions.retry(session, scope, service_call)
    return _told(context, outbox.written(session), service_call, state)

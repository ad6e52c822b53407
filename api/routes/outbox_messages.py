"""Messages to workflows: list, show, send again or give up those that cannot be delivered."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import AsOperator
from api.bodies import ReasonRequest
from api.context import InContext
from api.parameters import Cursor, Limit, OutboxMessagePath
from models.states.outbox import OutboxState
from models.values import Line
from models.views.outbox import OutboxMessageView
from models.views.view import Page
from operations.platform import outbox_repairs, queries
from operations.platform.database import transaction

router = APIRouter(prefix="/v1/outbox-messages", tags=["outbox messages"])


@router.get("")
async def list_outbox_messages(
    scope: AsOperator,
    context: InContext,
    state: Annotated[OutboxState, Query(description="Only in this state.")] = OutboxState.UNDELIVERABLE,
    workflow: Annotated[Line | None, Query(description="Only for this workflow, such as enroll/enr_….")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[OutboxMessageView]:
    """Messages that Temporal did not take yet or will never take, newest first."""
    async with transaction(context.sessions) as session:
        return await queries.list_outbox_messages(
            session, scope, state=state, workflow=workflow, limit=limit, cursor=cursor
        )


@router.get("/{outbox_message}")
async def get_outbox_message(
    outbox_message: OutboxMessagePath, scope: AsOperator, context: InContext
) -> OutboxMessageView:
    """One message: what it is for, how often it was tried, what Temporal said."""
    async with transaction(context.sessions) as session:
        return await queries.get_outbox_message(session, scope, outbox_message)


@router.post("/{outbox_message}/send-again", status_code=202)
async def send_outbox_message_again(
    outbox_message: OutboxMessagePath, scope: AsOperator, context: InContext
) -> OutboxMessageView:
    """Deliver an undeliverable message again, once its cause is removed."""
    async with transaction(context.sessions) as session:
        await outbox_repairs.resend_message(session, scope, outbox_message)
        return await queries.get_outbox_message(session, scope, outbox_message)


@router.post("/{outbox_message}/give-up")
async def give_up_outbox_message(
    outbox_message: OutboxMessagePath, body: ReasonRequest, scope: AsOperator, context: InContext
) -> OutboxMessageView:
    """Give an undeliverable message up; with a start, all that waits behind it. It stays on record."""
    async with transaction(context.sessions) as session:
        await outbox_repairs.give_up_message(session, scope, outbox_message, body.reason)
        await session.flush()
        return await queries.get_outbox_message(session, scope, outbox_message)

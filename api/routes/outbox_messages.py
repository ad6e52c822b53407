"""Messages to workflows: list and read them; send again or give up those that Temporal rejects."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import AsOperator
from api.bodies.reason import ReasonRequest
from api.context import InContext
from api.parameters import Cursor, Limit, OutboxMessagePath, StateFilter
from api.problem_responses import problem_responses
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
    state: Annotated[OutboxState, StateFilter] = OutboxState.UNDELIVERABLE,
    workflow: Annotated[Line | None, Query(description="Only those for this workflow, such as enroll/enr_…")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[OutboxMessageView]:
    """Returns the messages that Temporal has not accepted yet or rejects, newest first."""
    async with transaction(context.sessions) as session:
        return await queries.list_outbox_messages(
            session, scope, state=state, workflow=workflow, limit=limit, cursor=cursor
        )


@router.get("/{outbox_message}", responses=problem_responses(404))
async def get_outbox_message(
    outbox_message: OutboxMessagePath, scope: AsOperator, context: InContext
) -> OutboxMessageView:
    """Returns one message: its purpose, its delivery attempts and the answer of Temporal."""
    async with transaction(context.sessions) as session:
        return await queries.get_outbox_message(session, scope, outbox_message)


@router.post("/{outbox_message}/send-again", status_code=202, responses=problem_responses(404, 409))
async def send_outbox_message_again(
    outbox_message: OutboxMessagePath, scope: AsOperator, context: InContext
) -> OutboxMessageView:
    """Deliver an undeliverable message again, after its cause was removed."""
    async with transaction(context.sessions) as session:
        await outbox_repairs.resend_message(session, scope, outbox_message)
        return await queries.get_outbox_message(session, scope, outbox_message)


@router.post("/{outbox_message}/give-up", responses=problem_responses(404, 409))
async def give_up_outbox_message(
    outbox_message: OutboxMessagePath, body: ReasonRequest, scope: AsOperator, context: InContext
) -> OutboxMessageView:
    """Give up an undeliverable message; with a start message, also everything that waits behind it.

    It stays on record."""
    async with transaction(context.sessions) as session:
        await outbox_repairs.give_up_message(session, scope, outbox_message, body.reason)
        await session.flush()
        return await queries.get_outbox_message(session, scope, outbox_message)

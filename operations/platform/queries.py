"""Reading the messages to workflows that wait, are undeliverable or were given up."""

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.scope import OperatorScope
from models.states.outbox import OutboxState
from models.tables.messages import OutboxMessage
from models.views.outbox import OutboxMessageView
from models.views.view import Page
from operations.platform.outbox_repairs import MESSAGE_ID_PREFIX
from operations.platform.paging import decode_cursor, encode_cursor, get_one, invalid_cursor
from rules.available_actions import outbox_message_actions
from wording.links import link_to
from wording.outbox import message_next_step


def select_readable(scope: OperatorScope) -> Select[OutboxMessage]:
    """What this scope may see: an operator sees all."""
    return select(OutboxMessage)


async def list_outbox_messages(
    session: AsyncSession,
    scope: OperatorScope,
    *,
    state: OutboxState | None,
    workflow: str | None,
    limit: int,
    cursor: str | None,
) -> Page[OutboxMessageView]:
    """Returns a page of them, newest first; without a state, those that are undeliverable."""
    statement = select_readable(scope).where(col(OutboxMessage.state) == (state or OutboxState.UNDELIVERABLE))
    if workflow is not None:
        statement = statement.where(col(OutboxMessage.workflow_id) == workflow)
    if cursor is not None:
        statement = statement.where(col(OutboxMessage.id) < _decode_message_id(cursor))
    rows = (await session.scalars(statement.order_by(col(OutboxMessage.id).desc()).limit(limit + 1))).all()
    more = encode_cursor(str(rows[limit - 1].id)) if len(rows) > limit else None
    return Page(items=tuple(to_view(row) for row in rows[:limit]), next_cursor=more)


async def get_outbox_message(session: AsyncSession, scope: OperatorScope, message_id: str) -> OutboxMessageView:
    """Returns one of them.

    Raises:
        NotFound: there is none that this scope may see.
    """
    number = int(message_id.removeprefix(MESSAGE_ID_PREFIX))
    row = await get_one(session, select_readable(scope), col(OutboxMessage.id), number, "outbox_message")
    return to_view(row)


def to_view(row: OutboxMessage) -> OutboxMessageView:
    """Returns a message as people see it."""
    return OutboxMessageView(
        id=f"{MESSAGE_ID_PREFIX}{row.id}",
        kind="start" if row.kind == "start" else "signal",
        name=row.name,
        workflow=row.workflow_id,
        state=row.state,
        attempts=row.attempts,
        error=row.error,
        created_at=row.created_at,
        due_at=row.due_at,
        next_step=message_next_step(row.state),
        available_actions=outbox_message_actions(row.state),
        links={"self": link_to(f"{MESSAGE_ID_PREFIX}{row.id}")},
    )


def _decode_message_id(cursor: str) -> int:
    try:
        return int(decode_cursor(cursor))
    except ValueError as error:
        raise invalid_cursor() from error

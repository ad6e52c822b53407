"""Read the messages to workflows that wait, cannot be delivered or were given up."""

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.scope import OperatorScope
from models.states.outbox import OutboxState
from models.tables.messages import OutboxMessage
from models.views.outbox import OutboxMessageView
from models.views.view import Page
from operations.platform.outbox_repairs import MESSAGE_ID_PREFIX, to_number
from operations.platform.paging import decode_cursor, encode_cursor, invalid_cursor
from rules.available_actions import outbox_message_actions
from wording.links import link_to
from wording.outbox import message_next_step
from wording.problems.not_found import not_found


def select_readable(scope: OperatorScope) -> Select[OutboxMessage]:
    """Return the query for what this scope may read. An operator reads all."""
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
    """Return a page of messages, newest first; without a state, those that cannot be delivered."""
    statement = select_readable(scope).where(col(OutboxMessage.state) == (state or OutboxState.UNDELIVERABLE))
    if workflow is not None:
        statement = statement.where(col(OutboxMessage.workflow_id) == workflow)
    if cursor is not None:
        statement = statement.where(col(OutboxMessage.id) < _decode_message_id(cursor))
    rows = (await session.scalars(statement.order_by(col(OutboxMessage.id).desc()).limit(limit + 1))).all()
    more = encode_cursor(str(rows[limit - 1].id)) if len(rows) > limit else None
    return Page(items=tuple(to_view(row) for row in rows[:limit]), next_cursor=more)


async def get_outbox_message(session: AsyncSession, scope: OperatorScope, message_id: str) -> OutboxMessageView:
    """Return one message.

    Raises:
        NotFound: there is none that this scope may read.
    """
    row = await session.scalar(select_readable(scope).where(col(OutboxMessage.id) == to_number(message_id)))
    if row is None:
        raise not_found("outbox_message", message_id)
    return to_view(row)


def to_view(row: OutboxMessage) -> OutboxMessageView:
    """Return a message as people see it."""
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

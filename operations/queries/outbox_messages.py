"""Reading the messages to workflows that wait, are undeliverable or were given up."""

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.outbox_views import OutboxMessageView
from models.scope import OperatorScope
from models.states import OutboxState
from models.tables.messages import OutboxMessage
from models.views import Page
from operations.outbox_repairs import PREFIX
from operations.queries.paging import decode, encode, not_ours, one_of
from rules.outbox_guidance import message_actions, message_next_step


def readable(scope: OperatorScope) -> Select[OutboxMessage]:
    """What this scope may see: an operator sees all."""
    return select(OutboxMessage)


async def list_messages(
    session: AsyncSession,
    scope: OperatorScope,
    *,
    state: OutboxState | None,
    workflow: str | None,
    limit: int,
    cursor: str | None,
) -> Page[OutboxMessageView]:
    """Returns a page of them, newest first; without a state, those that are undeliverable."""
    statement = readable(scope).where(col(OutboxMessage.state) == (state or OutboxState.UNDELIVERABLE))
    if workflow is not None:
        statement = statement.where(col(OutboxMessage.workflow_id) == workflow)
    if cursor is not None:
        statement = statement.where(col(OutboxMessage.id) < _place(cursor))
    rows = (await session.scalars(statement.order_by(col(OutboxMessage.id).desc()).limit(limit + 1))).all()
    more = encode(str(rows[limit - 1].id)) if len(rows) > limit else None
    return Page(items=tuple(view(row) for row in rows[:limit]), next_cursor=more)


async def get_message(session: AsyncSession, scope: OperatorScope, message_id: str) -> OutboxMessageView:
    """Returns one of them.

    Raises:
        NotFound: there is none that this scope may see.
    """
    number = int(message_id.removeprefix(PREFIX))
    row = await one_of(
        session, readable(scope), col(OutboxMessage.id), number, kind="message", door="/v1/outbox-messages"
    )
    return view(row)


def view(row: OutboxMessage) -> OutboxMessageView:
    """Returns a message as people see it."""
    return OutboxMessageView(
        id=f"{PREFIX}{row.id}",
        kind="start" if row.kind == "start" else "signal",
        name=row.name,
        workflow=row.workflow_id,
        state=row.state,
        attempts=row.attempts,
        error=row.error,
        created_at=row.created_at,
        due_at=row.due_at,
        next_step=message_next_step(row.state),
        available_actions=message_actions(row.state),
        links={"self": f"/v1/outbox-messages/{PREFIX}{row.id}"},
    )


def _place(cursor: str) -> int:
    try:
        return int(decode(cursor))
    except ValueError as error:
        raise not_ours() from error

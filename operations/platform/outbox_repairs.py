"""What people do about undeliverable messages: send them again once the cause is removed, or give them up."""

from datetime import UTC, datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.errors import IllegalTransition
from models.scope import Scope
from models.states.outbox import OUTBOX_TRANSITIONS, OutboxState
from models.tables.messages import OutboxMessage
from operations.platform.audit import AuditTrail
from operations.platform.outbox import CHANNEL
from wording.problems.not_found import not_found

MESSAGE_ID_PREFIX = "msg_"
_O = OutboxState
_NOTIFY = text("SELECT pg_notify(:channel, '')")


def to_number(message_id: str) -> int:
    """Return the number in an id such as `msg_4711`."""
    return int(message_id.removeprefix(MESSAGE_ID_PREFIX))


async def resend_message(session: AsyncSession, scope: Scope, message_id: str) -> None:
    """Have an undeliverable message delivered, as if it were new.

    Raises:
        NotFound: there is none.
        IllegalTransition: it is not undeliverable.
    """
    row = await _get_undeliverable_for_update(session, message_id)
    now = datetime.now(UTC)
    trail = AuditTrail(scope, now, _request_id_of(row))
    row.state = trail.transition(OUTBOX_TRANSITIONS, message_id, row.state, _O.WAITING)
    row.due_at, row.attempts, row.error = now, 0, None
    await trail.write(session)
    await session.flush()
    await session.execute(_NOTIFY, {"channel": CHANNEL})


async def give_up_message(session: AsyncSession, scope: Scope, message_id: str, reason: str) -> int:
    """Give an undeliverable message up. With a workflow's start, all later messages to that workflow are given up too.
    The rows stay.

    Returns:
        How many messages were given up.

    Raises:
        NotFound: there is none.
        IllegalTransition: it is not undeliverable.
    """
    row = await _get_undeliverable_for_update(session, message_id)
    rows = [row, *(await _get_later_messages(session, row) if row.kind == "start" else ())]
    trail = AuditTrail(scope, datetime.now(UTC), _request_id_of(row))
    for one in rows:
        one.state = trail.transition(
            OUTBOX_TRANSITIONS, f"{MESSAGE_ID_PREFIX}{one.id}", one.state, _O.GIVEN_UP, reason=reason
        )
    await trail.write(session)
    return len(rows)


async def _get_undeliverable_for_update(session: AsyncSession, message_id: str) -> OutboxMessage:
    row = await session.get(OutboxMessage, to_number(message_id), with_for_update=True)
    if row is None:
        raise not_found("outbox_message", message_id)
    if row.state is not _O.UNDELIVERABLE:
        raise IllegalTransition(
            f"The message is {row.state}; only an undeliverable one is sent again or given up.",
            fix="A message that waits is delivered without further action.",
        )
    return row


async def _get_later_messages(session: AsyncSession, start: OutboxMessage) -> list[OutboxMessage]:
    behind = select(OutboxMessage).where(
        col(OutboxMessage.workflow_id) == start.workflow_id,
        col(OutboxMessage.id) > start.id,
        col(OutboxMessage.state) != _O.GIVEN_UP,
    )
    return list(await session.scalars(behind.order_by(col(OutboxMessage.id)).with_for_update()))


def _request_id_of(row: OutboxMessage) -> str:
    """Return the request that the workflow carries out: `enr_…` of `enroll/enr_…`."""
    return row.workflow_id.rpartition("/")[2]

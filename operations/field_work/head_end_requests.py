"""Requests to head-ends, and their answers. A request's id is the key under which the head-end is asked and answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.errors import NotFound
from models.ids import new_id
from models.messages.head_end import HEAD_END_ANSWERED, HeadEndAnswered
from models.messages.message import Message
from models.scope import Scope
from models.states.head_end import HEAD_END_REQUEST_TRANSITIONS, HeadEndOutcome, HeadEndRequestState, RequestKind
from models.tables.device_setup import HeadEndRequest
from models.values import Value
from operations.platform import outbox
from operations.platform.audit import AuditTrail

_Q = HeadEndRequestState
OPEN_STATES = (_Q.PENDING, _Q.ASKED)
"""The states in which an answer is still expected."""


class HeadEndAnswer(Value):
    """A head-end's answer to one request."""

    message_id: str
    request_id: str
    outcome: HeadEndOutcome
    text: str = ""


@dataclass(frozen=True, slots=True)
class HeadEndDevice:
    """A device as its head-end knows it. `key` is its serial number and manufacturer, normalized for comparison."""

    head_end: str
    manufacturer: str
    serial_number: str
    nic_id: str | None
    key: str


@dataclass(frozen=True, slots=True)
class HeadEndRequester:
    """Who asks: the request, the workflow that waits for the answer, and the enrollment."""

    request_id: str
    workflow_id: str
    enrollment_id: str


def create_request(
    session: AsyncSession,
    trail: AuditTrail,
    kind: RequestKind,
    device: HeadEndDevice,
    asking: HeadEndRequester,
    now: datetime,
) -> HeadEndRequest:
    """Create a request under a key of its own. The workflow sends it to the head-end."""
    row = HeadEndRequest(
        id=new_id("her"),
        kind=kind,
        journey=asking.request_id,
        workflow_id=asking.workflow_id,
        enrollment_id=asking.enrollment_id,
        head_end=device.head_end,
        manufacturer=device.manufacturer,
        serial_number=device.serial_number,
        nic_id=device.nic_id,
        device_key=device.key,
        state=_Q.PENDING,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    trail.note(row.id, "her:pending", details={"kind": row.kind})
    return row


async def get_request(session: AsyncSession, request_id: str) -> HeadEndRequest:
    """Return the request.

    Raises:
        NotFound: there is none.
    """
    row = await session.get(HeadEndRequest, request_id)
    if row is None:
        raise NotFound(f"There is no request {request_id} to a head-end.")
    return row


async def record_sent(session: AsyncSession, scope: Scope, request_id: str) -> None:
    """Record that the head-end has the request. A repetition changes nothing, nor does it after the answer."""
    now = datetime.now(UTC)
    row = (await get_many_for_update(session, [request_id]))[0]
    if row.state is _Q.PENDING:
        trail = AuditTrail(scope, now, row.journey)
        transition(trail, row, now, _Q.ASKED)
        await trail.write(session)


async def receive_answers(
    session: AsyncSession, scope: Scope, answers: Sequence[HeadEndAnswer], *, notify_workflows: bool = True
) -> int:
    """Record answers, and notify the workflows that wait for them, unless a workflow itself has fetched the answer.

    The first answer to a request counts. An answer to an unknown request changes nothing.

    Returns:
        How many answers were new.
    """
    now = datetime.now(UTC)
    first = {answer.request_id: answer for answer in reversed(answers)}
    signals: list[tuple[str, Message]] = []
    for row in await get_many_for_update(session, list(first)):
        if row.state is _Q.ANSWERED:
            continue
        answer = first[row.id]
        trail = AuditTrail(scope, now, row.journey)
        row.outcome, row.said, row.answer_id = answer.outcome, answer.text, answer.message_id
        transition(trail, row, now, _Q.ANSWERED, reason=answer.outcome)
        await trail.write(session)
        signals.append((row.workflow_id, HeadEndAnswered(request_id=row.id, message_id=answer.message_id)))
    await session.flush()
    if notify_workflows:
        await outbox.enqueue_signals(session, HEAD_END_ANSWERED, signals)
    return len(signals)


def transition(
    trail: AuditTrail, row: HeadEndRequest, instant: datetime, after: HeadEndRequestState, reason: str = ""
) -> None:
    """Move a request to its next state."""
    row.state = trail.transition(HEAD_END_REQUEST_TRANSITIONS, row.id, row.state, after, reason=reason)
    row.updated_at = instant


async def get_many_for_update(session: AsyncSession, request_ids: Sequence[str]) -> list[HeadEndRequest]:
    """Return the requests that exist, locked in the order of their ids, so that two callbacks never wait for each
    other."""
    statement = select(HeadEndRequest).where(col(HeadEndRequest.id).in_(request_ids)).order_by(col(HeadEndRequest.id))
    return list((await session.execute(statement.with_for_update())).scalars())

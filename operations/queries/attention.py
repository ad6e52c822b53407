"""Reading what needs a person, over all flows: parts of one shape, each of what the scope may see, put together."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from models.attention_views import AttentionItem, AttentionKind
from models.scope import OperatorScope
from models.states import EnrollmentState, RegistrationState, SubscriptionState, SyncState
from models.tables.device_setup import DeviceShipment
from models.tables.enrollment import Enrollment
from models.tables.messages import OutboxMessage
from models.tables.service_call import ServiceCall
from models.tables.subscription import ProgramSubscription, SubscriptionDevice
from models.tables.sync_request import SyncRequest
from models.tables.unenrollment import Unenrollment
from models.tables.work_order import WorkOrder
from models.task_states import ServiceCallState, UnenrollmentState, WorkOrderState
from models.views import Page
from operations import shipments, sync_turns
from operations.queries.paging import decode, encode, not_ours
from rules.attention import actions, door, next_step

_K = AttentionKind
_SILENT_AFTER = timedelta(days=1)
_UNDELIVERED_AFTER = timedelta(minutes=10)
_ON_ITS_WAY = (SyncState.PENDING, SyncState.SENDING, SyncState.AWAITING_ACKNOWLEDGEMENT)
_NOT_REGISTERED = (
    RegistrationState.INSTALLED,
    RegistrationState.REGISTERING,
    RegistrationState.REGISTRATION_FAILED,
)
Part = Select[*tuple[Any, ...]]


def _part(
    kind: AttentionKind,
    key: Any,
    since: Any,
    why: Any,
    journey: Any,
    program: Any,
    enrollment: Any,
    subscription: Any,
    state: Any = None,
) -> Part:
    return select(
        literal(kind.value, Text).label("kind"),
        cast(key, Text).label("id"),
        since.label("since"),
        cast(why, Text).label("why"),
        cast(journey, Text).label("journey"),
        cast(program, Text).label("program"),
        cast(enrollment, Text).label("enrollment"),
        cast(subscription, Text).label("subscription"),
        cast(state, Text).label("state"),
    )


def _parked(kind: AttentionKind, table: Any, state: Any, *, subscription: Any, enrollment: Any) -> Part:
    since, key = col(table.updated_at), col(table.id)
    part = _part(kind, key, since, col(table.reason), key, col(table.program), enrollment, subscription)
    return part.where(col(table.state) == state)


def _enrollments(now: datetime) -> Part:
    state = EnrollmentState.NEEDS_ATTENTION
    return _parked(_K.ENROLLMENT_PARKED, Enrollment, state, subscription=null(), enrollment=col(Enrollment.id))


def _left(kind: AttentionKind, state: UnenrollmentState) -> Part:
    enrollment, subscription = col(Unenrollment.enrollment_id), col(Unenrollment.subscription_id)
    return _parked(kind, Unenrollment, state, subscription=subscription, enrollment=enrollment)


def _unenrollments(now: datetime) -> Part:
    return _left(_K.UNENROLLMENT_PARKED, UnenrollmentState.NEEDS_ATTENTION)


def _recoveries(now: datetime) -> Part:
    return _left(_K.RECOVERY_PENDING, UnenrollmentState.RECOVERY_PENDING)


def _service_calls(now: datetime) -> Part:
    enrollment, subscription = col(ServiceCall.enrollment_id), col(ServiceCall.subscription_id)
    state = ServiceCallState.NEEDS_ATTENTION
    return _parked(_K.SERVICE_CALL_PARKED, ServiceCall, state, subscription=subscription, enrollment=enrollment)


def _told(kind: AttentionKind, why: Any, *, journey: Any = SyncRequest.journey) -> Part:
    table = SyncRequest
    return _part(
        kind,
        col(table.subscription_id if kind is _K.NOT_CONTROLLABLE else table.id),
        col(table.updated_at),
        why,
        journey,
        col(table.program),
        col(table.enrollment_id),
        col(table.subscription_id),
    )


def _errors(now: datetime) -> Part:
    why = func.concat_ws(": ", col(SyncRequest.error_code), col(SyncRequest.error_text))
    return _told(_K.SYNC_REQUEST_IN_ERROR, why).where(col(SyncRequest.state) == SyncState.ERROR)


def _held_up(now: datetime) -> Part:
    """Changes that wait for an earlier one of their subscription, which waits for a person: as `what_it_waits_for` says
    of each. One that waits for another of these is not on the list."""
    one = aliased(SyncRequest)
    before = sync_turns.ahead_of(col(SyncRequest.subscription_id), col(SyncRequest.sequence), one)
    earlier = aliased(SyncRequest, before.correlate(SyncRequest).limit(1).lateral())
    kind = func.replace(col(SyncRequest.kind), "_", " ")
    why = func.concat(
        "The change (", kind, ") waits for ", earlier.id, ", which is in error: ", earlier.error_code, "."
    )
    part = _told(_K.SYNC_REQUEST_HELD_UP, why, journey=earlier.id)
    return part.join(earlier, col(earlier.state) == SyncState.ERROR).where(
        col(SyncRequest.state) == SyncState.PENDING, ~col(SyncRequest.held), col(SyncRequest.sequence) > 1
    )


def _not_controllable(now: datetime) -> Part:
    """Taking part with a device that is not registered, though its last change was given up or is unanswered for long.

    What was sent a moment ago needs nobody, and what is in error is on the list by itself.
    """
    later, last = aliased(SyncRequest), col(SyncRequest.state)
    silent = and_(last.in_(_ON_ITS_WAY), col(SyncRequest.updated_at) < now - _SILENT_AFTER)
    why = func.concat("A device is not registered; the last message to the DERMS is ", last, ".")
    return _told(_K.NOT_CONTROLLABLE, why).where(
        or_(last == SyncState.CANCELLED, silent),
        exists().where(
            col(ProgramSubscription.id) == col(SyncRequest.subscription_id),
            col(ProgramSubscription.state) == SubscriptionState.ACTIVE,
        ),
        exists().where(
            col(SubscriptionDevice.subscription_id) == col(SyncRequest.subscription_id),
            col(SubscriptionDevice.registration).in_(_NOT_REGISTERED),
        ),
        ~exists().where(
            col(later.subscription_id) == col(SyncRequest.subscription_id),
            col(later.sequence) > col(SyncRequest.sequence),
        ),
    )


def _visits(kind: AttentionKind, since: Any, why: Any, *holds: ColumnElement[bool]) -> Part:
    table = WorkOrder
    enrollment, subscription = col(table.enrollment_id), col(table.subscription_id)
    return _part(
        kind, col(table.id), since, why, col(table.journey), col(table.program), enrollment, subscription
    ).where(*holds)


def _escalated(now: datetime) -> Part:
    state, since = col(WorkOrder.state), col(WorkOrder.escalated_at)
    over = (WorkOrderState.COMPLETED, WorkOrderState.CANCELLED, WorkOrderState.INCOMPLETE)
    why = func.concat("No visit after ", col(WorkOrder.reminders), " reminder(s); the order is ", state, ".")
    return _visits(_K.VISIT_ESCALATED, since, why, since.is_not(None), state.not_in(over))


def _used_up(now: datetime) -> Part:
    tried = col(WorkOrder.attempt) >= col(WorkOrder.maximum_attempts)
    why = func.concat(col(WorkOrder.attempt), " visit(s) ended ", col(WorkOrder.outcome), ".")
    incomplete = col(WorkOrder.state) == WorkOrderState.INCOMPLETE
    return _visits(_K.VISITS_USED_UP, col(WorkOrder.updated_at), why, incomplete, tried)


def _shipments(now: datetime) -> Part:
    table = DeviceShipment
    state, since = col(table.state), col(table.escalated_at)
    why = func.concat("No news after ", col(table.reminders), " reminder(s); the shipment is ", state, ".")
    enrollment, subscription = col(table.enrollment_id), col(table.subscription_id)
    return _part(
        _K.SHIPMENT_ESCALATED,
        col(table.id),
        since,
        why,
        col(table.journey),
        col(table.program),
        enrollment,
        subscription,
        state,
    ).where(since.is_not(None), state.in_(shipments.UNDER_WAY))


def _undelivered(now: datetime) -> Part:
    row = OutboxMessage
    why = func.concat(col(row.name), " to ", col(row.workflow_id), " was tried ", col(row.attempts), " times.")
    part = _part(
        _K.MESSAGE_UNDELIVERABLE, col(row.id), col(row.created_at), why, col(row.workflow_id), null(), null(), null()
    )
    return part.where(col(row.created_at) < now - _UNDELIVERED_AFTER)


_PARTS: Mapping[AttentionKind, Callable[[datetime], Part]] = {
    _K.ENROLLMENT_PARKED: _enrollments,
    _K.UNENROLLMENT_PARKED: _unenrollments,
    _K.SERVICE_CALL_PARKED: _service_calls,
    _K.SYNC_REQUEST_IN_ERROR: _errors,
    _K.SYNC_REQUEST_HELD_UP: _held_up,
    _K.NOT_CONTROLLABLE: _not_controllable,
    _K.VISIT_ESCALATED: _escalated,
    _K.VISITS_USED_UP: _used_up,
    _K.SHIPMENT_ESCALATED: _shipments,
    _K.RECOVERY_PENDING: _recoveries,
    _K.MESSAGE_UNDELIVERABLE: _undelivered,
}


async def listed(
    session: AsyncSession,
    scope: OperatorScope,
    *,
    kind: AttentionKind | None = None,
    program: str | None = None,
    since: datetime | None = None,
    limit: int,
    cursor: str | None,
) -> Page[AttentionItem]:
    """A page of it, what waits longest first. An operator sees all."""
    now = datetime.now(UTC)
    found = union_all(*(part(now) for one, part in _PARTS.items() if kind in (None, one))).subquery()
    statement = select(found)
    if program is not None:
        statement = statement.where(found.c.program == program)
    if since is not None:
        statement = statement.where(found.c.since >= since)
    if cursor is not None:
        statement = statement.where(tuple_(found.c.since, found.c.kind, found.c.id) > tuple_(*_place(cursor)))
    statement = statement.order_by(found.c.since, found.c.kind, found.c.id).limit(limit + 1)
    rows = (await session.execute(statement)).all()
    last = rows[limit - 1] if len(rows) > limit else None
    more = encode(f"{last.since.isoformat()} {last.kind} {last.id}") if last is not None else None
    return Page(items=tuple(_item(row) for row in rows[:limit]), next_cursor=more)


def _place(cursor: str) -> tuple[datetime, str, str]:
    try:
        since, kind, key = decode(cursor).split(" ")
        return datetime.fromisoformat(since).astimezone(UTC), kind, key
    except ValueError as error:
        raise not_ours() from error


def _item(row: Any) -> AttentionItem:
    kind = AttentionKind(row.kind)
    here = door(row.id) or (door(row.enrollment) if row.enrollment else "")
    return AttentionItem(
        kind=kind,
        id=row.id,
        program=row.program,
        enrollment=row.enrollment,
        subscription=row.subscription,
        since=row.since,
        why=row.why or "The reason was not recorded.",
        next_step=next_step(kind),
        actions=actions(kind, row.id, row.journey, row.subscription, row.state),
        links={"self": here} if here else {},
    )


async def counts(session: AsyncSession) -> dict[AttentionKind, int]:
    """How much of each kind waits for a person."""
    now = datetime.now(UTC)
    found = union_all(*(part(now) for part in _PARTS.values())).subquery()
    rows = await session.execute(select(found.c.kind, func.count()).group_by(found.c.kind))
    counted = {AttentionKind(kind): count for kind, count in rows.all()}
    return {kind: counted.get(kind, 0) for kind in AttentionKind}

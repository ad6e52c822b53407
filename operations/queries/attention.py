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
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from models.attention_views import AttentionItem, AttentionKind
from models.scope import OperatorScope
from models.states import EnrollmentState, OutboxState, RegistrationState, SubscriptionState, SyncState
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
from operations import outbox_repairs, shipments, sync_turns
from operations.queries.paging import decode, encode, not_ours
from rules.attention import Waiting, actions, door, next_step

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


def _part(kind: AttentionKind, table: Any, since: Any, why: Any, *, key: Any = None, journey: Any = None) -> Part:
    """Rows of one table. `journey` is the request they belong to, where that is not themselves."""
    row = table.id if key is None else key
    return select(
        literal(kind.value, Text).label("kind"),
        cast(row, Text).label("id"),
        since.label("since"),
        cast(why, Text).label("why"),
        cast(row if journey is None else journey, Text).label("journey"),
        cast(getattr(table, "program", null()), Text).label("program"),
        cast(table.id if table is Enrollment else getattr(table, "enrollment_id", null()), Text).label("enrollment"),
        cast(getattr(table, "subscription_id", null()), Text).label("subscription"),
        _details(table).label("details"),
    )


def _details(table: Any) -> Any:
    """What decides on what can be done, as far as the table has it."""
    names = [name for name in ("state", "resume_state", "devices") if name in table.model_fields]
    pairs = [part for name in names for part in (literal(name, Text), getattr(table, name))]
    return func.jsonb_build_object(*pairs, type_=JSONB)


def _parked(kind: AttentionKind, table: Any, state: Any, why: Any = None) -> Part:
    reason = table.reason if why is None else why
    return _part(kind, table, table.updated_at, reason).where(table.state == state)


def _enrollments(now: datetime) -> Part:
    return _parked(_K.ENROLLMENT_PARKED, Enrollment, EnrollmentState.NEEDS_ATTENTION)


def _unenrollments(now: datetime) -> Part:
    return _parked(_K.UNENROLLMENT_PARKED, Unenrollment, UnenrollmentState.NEEDS_ATTENTION)


def _recoveries(now: datetime) -> Part:
    return _parked(_K.RECOVERY_PENDING, Unenrollment, UnenrollmentState.RECOVERY_PENDING)


def _approvals(now: datetime) -> Part:
    why = func.concat("The program asks for approval; the customer's reason is ", col(Unenrollment.reason_code), ".")
    return _parked(_K.APPROVAL_AWAITED, Unenrollment, UnenrollmentState.AWAITING_APPROVAL, why)


def _service_calls(now: datetime) -> Part:
    return _parked(_K.SERVICE_CALL_PARKED, ServiceCall, ServiceCallState.NEEDS_ATTENTION)


def _told(kind: AttentionKind, why: Any, **names: Any) -> Part:
    return _part(kind, SyncRequest, col(SyncRequest.updated_at), why, **{"journey": col(SyncRequest.journey), **names})


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
    return _told(_K.NOT_CONTROLLABLE, why, key=col(SyncRequest.subscription_id)).where(
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


def _field_work(kind: AttentionKind, table: Any, since: Any, why: Any, *holds: ColumnElement[bool]) -> Part:
    return _part(kind, table, since, why, journey=table.journey).where(since.is_not(None), *holds)


def _escalated(now: datetime) -> Part:
    state, since = col(WorkOrder.state), col(WorkOrder.escalated_at)
    over = (WorkOrderState.COMPLETED, WorkOrderState.CANCELLED, WorkOrderState.INCOMPLETE)
    why = func.concat("No visit after ", col(WorkOrder.reminders), " reminder(s); the order is ", state, ".")
    return _field_work(
        _K.VISIT_ESCALATED, WorkOrder, since, why, state.not_in(over), col(WorkOrder.called_off).is_(None)
    )


def _shipments(now: datetime) -> Part:
    state, since = col(DeviceShipment.state), col(DeviceShipment.escalated_at)
    why = func.concat("No news after ", col(DeviceShipment.reminders), " reminder(s); the shipment is ", state, ".")
    return _field_work(_K.SHIPMENT_ESCALATED, DeviceShipment, since, why, state.in_(shipments.UNDER_WAY))


def _unclaimed(kind: AttentionKind, table: Any) -> Part:
    return _field_work(kind, table, table.updated_at, table.unclaimed, table.unclaimed.is_not(None))


def _work_unclaimed(now: datetime) -> Part:
    return _unclaimed(_K.WORK_UNCLAIMED, WorkOrder)


def _shipments_unclaimed(now: datetime) -> Part:
    return _unclaimed(_K.SHIPMENT_UNCLAIMED, DeviceShipment)


def _message(kind: AttentionKind, why: Any) -> Part:
    key = func.concat(outbox_repairs.PREFIX, col(OutboxMessage.id))
    return _part(kind, OutboxMessage, col(OutboxMessage.created_at), why, key=key)


def _undeliverable(now: datetime) -> Part:
    row = OutboxMessage
    why = func.concat(col(row.name), " to ", col(row.workflow_id), ": ", col(row.error))
    return _message(_K.MESSAGE_UNDELIVERABLE, why).where(col(row.state) == OutboxState.UNDELIVERABLE)


def _delayed(now: datetime) -> Part:
    """The message that has waited longest stands for all: an outage of Temporal is one thing to see to."""
    row = aliased(OutboxMessage)
    first = select(col(row.id)).where(col(row.state) == OutboxState.WAITING).order_by(col(row.id)).limit(1)
    oldest = first.scalar_subquery()
    tried, error = col(OutboxMessage.attempts), func.coalesce(col(OutboxMessage.error), "no error yet")
    why = func.concat("Messages to workflows wait; the oldest was tried ", tried, " time(s): ", error, ".")
    late = col(OutboxMessage.created_at) < now - _UNDELIVERED_AFTER
    return _message(_K.DELIVERY_DELAYED, why).where(col(OutboxMessage.id) == oldest, late)


_PARTS: Mapping[AttentionKind, Callable[[datetime], Part]] = {
    _K.ENROLLMENT_PARKED: _enrollments,
    _K.UNENROLLMENT_PARKED: _unenrollments,
    _K.SERVICE_CALL_PARKED: _service_calls,
    _K.SYNC_REQUEST_IN_ERROR: _errors,
    _K.SYNC_REQUEST_HELD_UP: _held_up,
    _K.NOT_CONTROLLABLE: _not_controllable,
    _K.VISIT_ESCALATED: _escalated,
    _K.SHIPMENT_ESCALATED: _shipments,
    _K.APPROVAL_AWAITED: _approvals,
    _K.WORK_UNCLAIMED: _work_unclaimed,
    _K.SHIPMENT_UNCLAIMED: _shipments_unclaimed,
    _K.RECOVERY_PENDING: _recoveries,
    _K.MESSAGE_UNDELIVERABLE: _undeliverable,
    _K.DELIVERY_DELAYED: _delayed,
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
    after = _place(cursor) if cursor is not None else None
    parts = [part(now) for one, part in _PARTS.items() if kind in (None, one)]
    found = union_all(*(_longest_waiting(part, program, since, after, limit + 1) for part in parts)).subquery()
    statement = select(found).order_by(found.c.since, found.c.kind, found.c.id).limit(limit + 1)
    rows = (await session.execute(statement)).all()
    last = rows[limit - 1] if len(rows) > limit else None
    more = encode(f"{last.since.isoformat()} {last.kind} {last.id}") if last is not None else None
    return Page(items=tuple(_item(row) for row in rows[:limit]), next_cursor=more)


def _longest_waiting(
    part: Part, program: str | None, since: datetime | None, after: tuple[datetime, str, str] | None, limit: int
) -> Part:
    """The rows of one part that can be on the page. Each part has an index in this order: a page costs the same
    however much waits behind it."""
    row = part.subquery()
    statement = select(row)
    if program is not None:
        statement = statement.where(row.c.program == program)
    if since is not None:
        statement = statement.where(row.c.since >= since)
    if after is not None:
        # The first condition alone says where to begin in the index.
        statement = statement.where(row.c.since >= after[0], tuple_(row.c.since, row.c.kind, row.c.id) > tuple_(*after))
    best = statement.order_by(row.c.since, row.c.id).limit(limit).subquery()
    return select(best)


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
        actions=actions(Waiting(kind, row.id, row.journey, row.subscription, row.details)),
        links={"self": here} if here else {},
    )


async def counts(session: AsyncSession) -> dict[AttentionKind, int]:
    """How much of each kind waits for a person."""
    now = datetime.now(UTC)
    found = union_all(*(part(now) for part in _PARTS.values())).subquery()
    rows = await session.execute(select(found.c.kind, func.count()).group_by(found.c.kind))
    counted = {AttentionKind(kind): count for kind, count in rows.all()}
    return {kind: counted.get(kind, 0) for kind in AttentionKind}

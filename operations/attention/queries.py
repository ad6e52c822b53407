"""Read what needs a person, over all kinds of requests: a union of queries of one shape, one for each kind."""

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

from models.scope import OperatorScope
from models.states.enrollment import EnrollmentState
from models.states.outbox import OutboxState
from models.states.service_call import ServiceCallState
from models.states.subscription import RegistrationState, SubscriptionState
from models.states.sync_request import SyncState
from models.states.unenrollment import UnenrollmentState
from models.states.work_order import WorkOrderState
from models.tables.device_setup import DeviceShipment
from models.tables.enrollment import Enrollment
from models.tables.messages import OutboxMessage
from models.tables.service_call import ServiceCall
from models.tables.subscription import ProgramSubscription, SubscriptionDevice
from models.tables.sync_request import SyncRequest
from models.tables.unenrollment import Unenrollment
from models.tables.work_order import WorkOrder
from models.views.attention import AttentionItem, AttentionKind
from models.views.view import Page
from operations.field_work import shipments
from operations.platform import outbox_repairs
from operations.platform.paging import decode_cursor, encode_cursor, invalid_cursor
from operations.synchronization import sync_queue
from wording.attention import AttentionCase, attention_actions, attention_next_step
from wording.links import link_to

_K = AttentionKind
_SILENT_AFTER = timedelta(days=1)
_UNDELIVERED_AFTER = timedelta(minutes=10)
_UNANSWERED_STATES = (SyncState.PENDING, SyncState.SENDING, SyncState.AWAITING_ACKNOWLEDGEMENT)
_NOT_REGISTERED = (
    RegistrationState.INSTALLED,
    RegistrationState.REGISTERING,
    RegistrationState.REGISTRATION_FAILED,
)
ItemQuery = Select[*tuple[Any, ...]]
Columns = Any
"""A table, one of its columns or an expression over them: the parts read tables that have different columns."""


def _select_items(
    kind: AttentionKind, table: Columns, since: Columns, why: Columns, *, key: Columns = None, journey: Columns = None
) -> ItemQuery:
    """Return the query for rows of one table. `journey` is the request that they belong to, if that is another row."""
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


def _details(table: Columns) -> Columns:
    """Return the columns that decide which actions are available, as far as the table has them."""
    names = [name for name in ("state", "resume_state", "devices") if name in table.model_fields]
    pairs = [part for name in names for part in (literal(name, Text), getattr(table, name))]
    return func.jsonb_build_object(*pairs, type_=JSONB)


def _select_parked(kind: AttentionKind, table: Columns, state: Columns, why: Columns = None) -> ItemQuery:
    reason = table.reason if why is None else why
    return _select_items(kind, table, table.updated_at, reason).where(table.state == state)


def _parked_enrollments(now: datetime) -> ItemQuery:
    return _select_parked(_K.ENROLLMENT_PARKED, Enrollment, EnrollmentState.NEEDS_ATTENTION)


def _parked_unenrollments(now: datetime) -> ItemQuery:
    return _select_parked(_K.UNENROLLMENT_PARKED, Unenrollment, UnenrollmentState.NEEDS_ATTENTION)


def _pending_recoveries(now: datetime) -> ItemQuery:
    return _select_parked(_K.RECOVERY_PENDING, Unenrollment, UnenrollmentState.RECOVERY_PENDING)


def _awaited_approvals(now: datetime) -> ItemQuery:
    why = func.concat("The program asks for approval; the customer's reason is ", col(Unenrollment.reason_code), ".")
    return _select_parked(_K.APPROVAL_AWAITED, Unenrollment, UnenrollmentState.AWAITING_APPROVAL, why)


def _parked_service_calls(now: datetime) -> ItemQuery:
    return _select_parked(_K.SERVICE_CALL_PARKED, ServiceCall, ServiceCallState.NEEDS_ATTENTION)


def _select_sync_requests(kind: AttentionKind, why: Columns, **names: Columns) -> ItemQuery:
    return _select_items(
        kind, SyncRequest, col(SyncRequest.updated_at), why, **{"journey": col(SyncRequest.journey), **names}
    )


def _sync_requests_in_error(now: datetime) -> ItemQuery:
    why = func.concat_ws(": ", col(SyncRequest.error_code), col(SyncRequest.error_text))
    return _select_sync_requests(_K.SYNC_REQUEST_IN_ERROR, why).where(col(SyncRequest.state) == SyncState.ERROR)


def _blocked_sync_requests(now: datetime) -> ItemQuery:
    """Return the query for sync requests that wait for an earlier one in error, as `get_wait_reason` says of each. One
    that waits for another of these is not on the list."""
    one = aliased(SyncRequest)
    before = sync_queue.select_earlier_open(col(SyncRequest.subscription_id), col(SyncRequest.sequence), one)
    earlier = aliased(SyncRequest, before.correlate(SyncRequest).limit(1).lateral())
    kind = func.replace(col(SyncRequest.kind), "_", " ")
    why = func.concat(
        "The change (", kind, ") waits for ", earlier.id, ", which is in error: ", earlier.error_code, "."
    )
    part = _select_sync_requests(_K.SYNC_REQUEST_HELD_UP, why, journey=earlier.id)
    return part.join(earlier, col(earlier.state) == SyncState.ERROR).where(
        col(SyncRequest.state) == SyncState.PENDING, ~col(SyncRequest.held), col(SyncRequest.sequence) > 1
    )


def _uncontrollable_subscriptions(now: datetime) -> ItemQuery:
    """Return the query for active subscriptions with a device that is not registered, whose last sync request was
    canceled or has been unanswered for long.

    One that was sent a moment ago needs nobody, and one in error is on the list itself.
    """
    later, last = aliased(SyncRequest), col(SyncRequest.state)
    silent = and_(last.in_(_UNANSWERED_STATES), col(SyncRequest.updated_at) < now - _SILENT_AFTER)
    why = func.concat("A device is not registered; the last message to the DERMS is ", last, ".")
    return _select_sync_requests(_K.NOT_CONTROLLABLE, why, key=col(SyncRequest.subscription_id)).where(
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


def _select_field_work(
    kind: AttentionKind, table: Columns, since: Columns, why: Columns, *holds: ColumnElement[bool]
) -> ItemQuery:
    return _select_items(kind, table, since, why, journey=table.journey).where(since.is_not(None), *holds)


def _escalated_visits(now: datetime) -> ItemQuery:
    state, since = col(WorkOrder.state), col(WorkOrder.escalated_at)
    over = (WorkOrderState.COMPLETED, WorkOrderState.CANCELLED, WorkOrderState.INCOMPLETE)
    why = func.concat("No visit after ", col(WorkOrder.reminders), " reminder(s); the order is ", state, ".")
    return _select_field_work(
        _K.VISIT_ESCALATED, WorkOrder, since, why, state.not_in(over), col(WorkOrder.called_off).is_(None)
    )


def _escalated_shipments(now: datetime) -> ItemQuery:
    state, since = col(DeviceShipment.state), col(DeviceShipment.escalated_at)
    why = func.concat("No news after ", col(DeviceShipment.reminders), " reminder(s); the shipment is ", state, ".")
    return _select_field_work(_K.SHIPMENT_ESCALATED, DeviceShipment, since, why, state.in_(shipments.UNDER_WAY_STATES))


def _select_unclaimed(kind: AttentionKind, table: Columns) -> ItemQuery:
    return _select_field_work(kind, table, table.updated_at, table.unclaimed, table.unclaimed.is_not(None))


def _unclaimed_work_orders(now: datetime) -> ItemQuery:
    return _select_unclaimed(_K.WORK_UNCLAIMED, WorkOrder)


def _unclaimed_shipments(now: datetime) -> ItemQuery:
    return _select_unclaimed(_K.SHIPMENT_UNCLAIMED, DeviceShipment)


def _select_messages(kind: AttentionKind, why: Columns) -> ItemQuery:
    key = func.concat(outbox_repairs.MESSAGE_ID_PREFIX, col(OutboxMessage.id))
    return _select_items(kind, OutboxMessage, col(OutboxMessage.created_at), why, key=key)


def _undeliverable_messages(now: datetime) -> ItemQuery:
    row = OutboxMessage
    why = func.concat(col(row.name), " to ", col(row.workflow_id), ": ", col(row.error))
    return _select_messages(_K.MESSAGE_UNDELIVERABLE, why).where(col(row.state) == OutboxState.UNDELIVERABLE)


def _delayed_delivery(now: datetime) -> ItemQuery:
    """Return the query for the message that has waited longest: an outage of Temporal is one item, not one a
    message."""
    row = aliased(OutboxMessage)
    first = select(col(row.id)).where(col(row.state) == OutboxState.WAITING).order_by(col(row.id)).limit(1)
    oldest = first.scalar_subquery()
    tried, error = col(OutboxMessage.attempts), func.coalesce(col(OutboxMessage.error), "no error yet")
    why = func.concat("Messages to workflows wait; the oldest was tried ", tried, " time(s): ", error, ".")
    late = col(OutboxMessage.created_at) < now - _UNDELIVERED_AFTER
    return _select_messages(_K.DELIVERY_DELAYED, why).where(col(OutboxMessage.id) == oldest, late)


_PARTS: Mapping[AttentionKind, Callable[[datetime], ItemQuery]] = {
    _K.ENROLLMENT_PARKED: _parked_enrollments,
    _K.UNENROLLMENT_PARKED: _parked_unenrollments,
    _K.SERVICE_CALL_PARKED: _parked_service_calls,
    _K.SYNC_REQUEST_IN_ERROR: _sync_requests_in_error,
    _K.SYNC_REQUEST_HELD_UP: _blocked_sync_requests,
    _K.NOT_CONTROLLABLE: _uncontrollable_subscriptions,
    _K.VISIT_ESCALATED: _escalated_visits,
    _K.SHIPMENT_ESCALATED: _escalated_shipments,
    _K.APPROVAL_AWAITED: _awaited_approvals,
    _K.WORK_UNCLAIMED: _unclaimed_work_orders,
    _K.SHIPMENT_UNCLAIMED: _unclaimed_shipments,
    _K.RECOVERY_PENDING: _pending_recoveries,
    _K.MESSAGE_UNDELIVERABLE: _undeliverable_messages,
    _K.DELIVERY_DELAYED: _delayed_delivery,
}


async def list_attention_items(
    session: AsyncSession,
    scope: OperatorScope,
    *,
    kind: AttentionKind | None = None,
    program: str | None = None,
    since: datetime | None = None,
    limit: int,
    cursor: str | None,
) -> Page[AttentionItem]:
    """Return a page of the list, the longest waiting first. An operator reads all."""
    now = datetime.now(UTC)
    after = _decode_cursor(cursor) if cursor is not None else None
    parts = [part(now) for one, part in _PARTS.items() if kind in (None, one)]
    found = union_all(*(_limit_to_page(part, program, since, after, limit + 1) for part in parts)).subquery()
    statement = select(found).order_by(found.c.since, found.c.kind, found.c.id).limit(limit + 1)
    rows = (await session.execute(statement)).all()
    last = rows[limit - 1] if len(rows) > limit else None
    more = encode_cursor(f"{last.since.isoformat()} {last.kind} {last.id}") if last is not None else None
    return Page(items=tuple(_to_item(row) for row in rows[:limit]), next_cursor=more)


def _limit_to_page(
    part: ItemQuery, program: str | None, since: datetime | None, after: tuple[datetime, str, str] | None, limit: int
) -> ItemQuery:
    """Return the rows of one part that can be on the page. Each part has an index in this order, so that a page costs
    the same however much waits behind it."""
    row = part.subquery()
    statement = select(row)
    if program is not None:
        statement = statement.where(row.c.program == program)
    if since is not None:
        statement = statement.where(row.c.since >= since)
    if after is not None:
        # PostgreSQL uses only the first condition to find the start in the index.
        statement = statement.where(row.c.since >= after[0], tuple_(row.c.since, row.c.kind, row.c.id) > tuple_(*after))
    best = statement.order_by(row.c.since, row.c.id).limit(limit).subquery()
    return select(best)


def _decode_cursor(cursor: str) -> tuple[datetime, str, str]:
    try:
        since, kind, key = decode_cursor(cursor).split(" ")
        return datetime.fromisoformat(since).astimezone(UTC), kind, key
    except ValueError as error:
        raise invalid_cursor() from error


def _to_item(row: Any) -> AttentionItem:
    kind = AttentionKind(row.kind)
    here = link_to(row.id) or (link_to(row.enrollment) if row.enrollment else "")
    return AttentionItem(
        kind=kind,
        id=row.id,
        program=row.program,
        enrollment=row.enrollment,
        subscription=row.subscription,
        since=row.since,
        why=row.why or "The reason was not recorded.",
        next_step=attention_next_step(kind),
        actions=attention_actions(AttentionCase(kind, row.id, row.journey, row.subscription, row.details)),
        links={"self": here} if here else {},
    )


async def count_attention_items(session: AsyncSession) -> dict[AttentionKind, int]:
    """Return how many items of each kind wait for a person."""
    now = datetime.now(UTC)
    found = union_all(*(part(now) for part in _PARTS.values())).subquery()
    rows = await session.execute(select(found.c.kind, func.count()).group_by(found.c.kind))
    counted = {AttentionKind(kind): count for kind, count in rows.all()}
    return {kind: counted.get(kind, 0) for kind in AttentionKind}

"""Read enrollments: lists, and one with everything that happened to it and the requests that followed it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.decision import Decision
from models.scope import OperatorScope
from models.states.enrollment import EnrollmentState
from models.states.subscription import SubscriptionState
from models.states.sync_request import SyncState
from models.states.unenrollment import UnenrollmentState
from models.tables.enrollment import Enrollment
from models.tables.subscription import Device, ProgramSubscription, SubscriptionDevice
from models.views.enrollment import EnrollmentSummary, EnrollmentView, RelatedRequest
from models.views.subscription import SubscriptionView
from models.views.view import Page
from operations.enrollment.enrollments import LIFECYCLE
from operations.enrollment.subscriptions import to_subscribed_device
from operations.field_work import head_end_request_queries, shipment_queries, work_order_queries
from operations.platform import timelines
from operations.platform.paging import decode_cursor, fetch_newest_first, filter_by_given
from operations.platform.views import copy_columns
from operations.synchronization import queries as sync_queries
from rules.available_actions import enrollment_actions
from wording.enrollment import enrollment_next_step
from wording.unenrollment import unenrollment_next_step

_NOT_CARRIED_OUT = (UnenrollmentState.REJECTED, UnenrollmentState.CANCELLED)


def select_readable(scope: OperatorScope) -> Select[Enrollment]:
    """Return the query for what this scope may read. An operator reads all."""
    return select(Enrollment)


async def list_enrollments(
    session: AsyncSession,
    scope: OperatorScope,
    *,
    customer: str | None = None,
    account: str | None = None,
    program: str | None = None,
    state: EnrollmentState | None = None,
    subscription_state: SubscriptionState | None = None,
    transaction_id: str | None = None,
    limit: int,
    cursor: str | None,
) -> Page[EnrollmentSummary]:
    """Return a page of enrollments, newest first."""
    statement = filter_by_given(
        select_readable(scope),
        customer_id=customer,
        account=account,
        program=program,
        state=state,
        transaction_id=transaction_id,
    )
    if subscription_state is not None:
        statement = statement.where(*_match_subscription(subscription_state, program, cursor))
    rows, more = await fetch_newest_first(session, statement, col(Enrollment.id), limit=limit, cursor=cursor)
    columns = (col(ProgramSubscription.enrollment_id), col(ProgramSubscription.state))
    theirs = select(*columns).where(col(ProgramSubscription.enrollment_id).in_([row.id for row in rows]))
    states = {one.enrollment_id: one.state for one in (await session.execute(theirs)).all()}
    return Page(
        items=tuple(EnrollmentSummary(**_shared_fields(row), subscription_state=states.get(row.id)) for row in rows),
        next_cursor=more,
    )


def _match_subscription(
    state: SubscriptionState, program: str | None, cursor: str | None
) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that join enrollments to their subscriptions in a state; an enrollment has one at most.
    They repeat the conditions on the program and the cursor for the subscription: PostgreSQL then reads in the order of
    the subscription's index, and does not search all enrollments for a rare state, nor from the first page for a late
    one."""
    of = ProgramSubscription
    conditions = [col(of.enrollment_id) == col(Enrollment.id), col(of.state) == state]
    if program is not None:
        conditions.append(col(of.program) == program)
    if cursor is not None:
        conditions.append(col(of.enrollment_id) < decode_cursor(cursor))
    return tuple(conditions)


async def get_enrollment(
    session: AsyncSession, scope: OperatorScope, enrollment_id: str, links: Mapping[str, str]
) -> EnrollmentView:
    """Return one enrollment with its decision, subscription, sync requests and timeline.

    Raises:
        NotFound: there is none that this scope may read.
    """
    row = await LIFECYCLE.get_readable(session, select_readable(scope), enrollment_id)
    sync_requests = await sync_queries.list_for_enrollment(session, enrollment_id)
    subscription = await _get_subscription(session, enrollment_id)
    followed = await timelines.list_following_requests(session, enrollment_id)
    return EnrollmentView(
        **_shared_fields(row),
        subscription_state=subscription.state if subscription else None,
        start=row.start_at,
        devices_requested=tuple(row.application["devices"]),
        decision=Decision.model_validate(row.decision) if row.decision else None,
        waitlist_position=await _get_waitlist_position(session, row),
        subscription=subscription,
        work_orders=await work_order_queries.list_for_enrollment(session, enrollment_id),
        shipments=await shipment_queries.list_for_enrollment(session, enrollment_id),
        head_end_requests=await head_end_request_queries.list_for_enrollment(session, enrollment_id),
        unenrollments=tuple(one for one in followed if one.id.startswith("unr_")),
        service_calls=tuple(one for one in followed if one.id.startswith("svc_")),
        sync_requests=sync_requests,
        timeline=await timelines.get_timeline(session, enrollment_id, *(one.id for one in followed)),
        next_step=_find_next_step(row, subscription, followed, sync_requests[-1].state if sync_requests else None),
        available_actions=enrollment_actions(row.state),
        links=dict(links),
    )


def _find_next_step(
    row: Enrollment,
    subscription: SubscriptionView | None,
    followed: Sequence[RelatedRequest],
    synchronization: SyncState | None,
) -> str:
    """Return what happens next; once the participation is ending, what happens next with the unenrollment."""
    unenrollments = [one for one in followed if one.id.startswith("unr_") and one.state not in _NOT_CARRIED_OUT]
    if unenrollments and subscription and subscription.state in (SubscriptionState.ENDING, SubscriptionState.ENDED):
        return unenrollment_next_step(UnenrollmentState(unenrollments[-1].state), synchronization)
    return enrollment_next_step(row.state, synchronization)


def _shared_fields(row: Enrollment) -> dict[str, Any]:
    return copy_columns(row, EnrollmentSummary) | {"reason": row.reason or _get_decision_reason(row)}


def _get_decision_reason(row: Enrollment) -> str | None:
    """Return why a request waits for a place or does not qualify, in one line; its decision has it rule by rule."""
    if row.state not in (EnrollmentState.REJECTED, EnrollmentState.WAITLISTED) or row.decision is None:
        return None
    return " ".join(finding.reason for finding in Decision.model_validate(row.decision).failures) or None


async def _get_waitlist_position(session: AsyncSession, row: Enrollment) -> int | None:
    if row.state is not EnrollmentState.WAITLISTED:
        return None
    place = tuple_(col(Enrollment.waitlisted_at), col(Enrollment.id)) <= tuple_(row.waitlisted_at, row.id)
    waiting = (col(Enrollment.program) == row.program, col(Enrollment.state) == EnrollmentState.WAITLISTED)
    return await session.scalar(select(func.count()).select_from(Enrollment).where(*waiting, place))


async def _get_subscription(session: AsyncSession, enrollment_id: str) -> SubscriptionView | None:
    statement = (
        select(ProgramSubscription, Device, SubscriptionDevice)
        .outerjoin(SubscriptionDevice, col(SubscriptionDevice.subscription_id) == col(ProgramSubscription.id))
        .outerjoin(Device, col(Device.id) == col(SubscriptionDevice.device_id))
        .where(col(ProgramSubscription.enrollment_id) == enrollment_id)
        .order_by(col(Device.id))
    )
    rows: Sequence[Any] = (await session.execute(statement)).all()
    if not rows:
        return None
    subscription: ProgramSubscription = rows[0][0]
    return SubscriptionView(
        id=subscription.id,
        number=subscription.number,
        state=subscription.state,
        start=subscription.start_at,
        end=subscription.end_at,
        devices=tuple(to_subscribed_device(device, registered) for _, device, registered in rows if device is not None),
    )

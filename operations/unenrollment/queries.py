"""Read unenrollments: lists, and one with everything that happened to it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.decision import Decision
from models.scope import OperatorScope
from models.states.subscription import SubscriptionState
from models.states.unenrollment import UnenrollmentState
from models.tables.subscription import Device, ProgramSubscription, SubscriptionDevice
from models.tables.unenrollment import Unenrollment
from models.tables.work_order import WorkOrder
from models.unenrolling_device import UnenrollingDevice
from models.views.unenrollment import UnenrollmentDeviceView, UnenrollmentSummary, UnenrollmentView
from models.views.view import Page
from operations.enrollment.subscriptions import select_devices, subscribed_device_fields
from operations.platform.paging import fetch_page
from operations.platform.timelines import get_timeline
from operations.platform.views import copy_columns
from operations.synchronization import queries as sync_queries
from rules.available_actions import removal_actions, unenrollment_actions
from wording.links import link_to
from wording.problems.not_found import not_found
from wording.unenrollment import unenrollment_next_step


def select_readable(scope: OperatorScope) -> Select[Unenrollment]:
    """Return the query for what this scope may read. An operator reads all."""
    return select(Unenrollment)


async def list_unenrollments(
    session: AsyncSession,
    scope: OperatorScope,
    *,
    customer: str | None = None,
    account: str | None = None,
    program: str | None = None,
    subscription: str | None = None,
    enrollment: str | None = None,
    state: UnenrollmentState | None = None,
    transaction_id: str | None = None,
    limit: int,
    cursor: str | None,
) -> Page[UnenrollmentSummary]:
    """Return a page of unenrollments, newest first."""
    return await fetch_page(
        session,
        select_readable(scope),
        col(Unenrollment.id),
        _to_summary,
        limit=limit,
        cursor=cursor,
        customer_id=customer,
        account=account,
        program=program,
        subscription_id=subscription,
        enrollment_id=enrollment,
        state=state,
        transaction_id=transaction_id,
    )


async def get_unenrollment(
    session: AsyncSession, scope: OperatorScope, unenrollment_id: str, links: Mapping[str, str]
) -> UnenrollmentView:
    """Return one unenrollment with its decision, devices, orders, sync requests and timeline.

    Raises:
        NotFound: there is none that this scope may read.
    """
    statement = (
        select_readable(scope)
        .add_columns(ProgramSubscription)
        .join(ProgramSubscription, col(ProgramSubscription.id) == col(Unenrollment.subscription_id))
        .where(col(Unenrollment.id) == unenrollment_id)
    )
    found = (await session.execute(statement)).first()
    if found is None:
        raise not_found("unenrollment", unenrollment_id)
    row: Unenrollment = found[0]
    subscription: ProgramSubscription = found[1]
    sync_requests = await sync_queries.get_rows_for_request(session, row.id)
    waits_for = await sync_queries.get_wait_text(session, sync_requests[-1]) if sync_requests else ""
    return UnenrollmentView(
        **_shared_fields(row),
        whole_subscription=row.whole,
        subscription_number=subscription.number,
        subscription_state=subscription.state,
        note=row.application["note"],
        decision=Decision.model_validate(row.decision) if row.decision else None,
        devices=await _get_devices(session, row),
        sync_requests=tuple(map(sync_queries.to_summary, sync_requests)),
        timeline=await get_timeline(session, row.id),
        next_step=unenrollment_next_step(
            row.state,
            sync_requests[-1].state if sync_requests else None,
            waits_for,
            whole=subscription.state is not SubscriptionState.ACTIVE,
        ),
        available_actions=unenrollment_actions(row.state, a_device_left=any(one.left for one in row.devices)),
        links={**links, "enrollment": link_to(row.enrollment_id)},
    )


def _to_summary(row: Unenrollment) -> UnenrollmentSummary:
    return UnenrollmentSummary(**_shared_fields(row))


def _shared_fields(row: Unenrollment) -> dict[str, Any]:
    return copy_columns(row, UnenrollmentSummary) | {"unenrollment_reason": row.reason_code}


async def _get_devices(session: AsyncSession, row: Unenrollment) -> tuple[UnenrollmentDeviceView, ...]:
    by_id = {one.device: one for one in row.devices}
    order_ids = [one.work_order for one in row.devices if one.work_order]
    found = await session.scalars(select(WorkOrder).where(col(WorkOrder.id).in_(order_ids)))
    orders: dict[str | None, WorkOrder] = {order.id: order for order in found}
    rows = await session.execute(select_devices(row.subscription_id).where(col(Device.id).in_(by_id)))
    return tuple(
        _to_device_view(row.state, device, registration, by_id[device.id], orders.get(by_id[device.id].work_order))
        for device, registration in rows
    )


def _to_device_view(
    state: UnenrollmentState,
    device: Device,
    registration: SubscriptionDevice,
    unenrolling: UnenrollingDevice,
    order: WorkOrder | None,
) -> UnenrollmentDeviceView:
    return UnenrollmentDeviceView(
        **subscribed_device_fields(device, registration),
        removal_method=unenrolling.method,
        left=unenrolling.left,
        ended=unenrolling.ended,
        needs_attention=unenrolling.attention,
        work_order=order.id if order else None,
        work_order_number=order.number if order else None,
        work_order_state=order.state if order else None,
        available_actions=removal_actions(state, unenrolling.method, unenrolling.ended),
    )

"""Reading service calls: lists, and one with everything that happened to it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.scope import OperatorScope
from models.service_call_views import ServiceCallSummary, ServiceCallView
from models.tables.service_call import ServiceCall
from models.tables.subscription import Device, SubscriptionDevice
from models.tables.sync_request import SyncRequest
from models.tables.work_order import WorkOrder
from models.task_states import ServiceCallState
from models.views import Page
from operations.catalog import Catalogs
from operations.queries import head_end_requests, sync_requests, work_orders
from operations.queries.devices import subscribed
from operations.queries.paging import one_of, page_of
from operations.queries.timelines import timeline_of
from rules.attention import door
from rules.service_calls import next_step, possible_actions, service_call_actions


def readable(scope: OperatorScope) -> Select[ServiceCall]:
    """What this scope may see: an operator sees all."""
    return select(ServiceCall)


async def listed(
    session: AsyncSession,
    scope: OperatorScope,
    *,
    customer: str | None = None,
    program: str | None = None,
    subscription: str | None = None,
    device: str | None = None,
    state: ServiceCallState | None = None,
    limit: int,
    cursor: str | None,
) -> Page[ServiceCallSummary]:
    """A page of them, newest first."""
    return await page_of(
        session,
        readable(scope),
        col(ServiceCall.id),
        _summary,
        limit=limit,
        cursor=cursor,
        customer_id=customer,
        program=program,
        subscription_id=subscription,
        device_id=device,
        state=state,
    )


async def seen(
    session: AsyncSession, scope: OperatorScope, catalogs: Catalogs, service_call_id: str, links: Mapping[str, str]
) -> ServiceCallView:
    """One of them.

    Raises:
        NotFound: there is none that this scope may see.
    """
    row: ServiceCall = await one_of(
        session, readable(scope), col(ServiceCall.id), service_call_id, kind="service call", door="/v1/service-calls"
    )
    devices = await _devices(session, row)
    program = (await catalogs.version(session, row.catalog_version)).program(row.program)
    orders = select(WorkOrder).where(col(WorkOrder.journey) == row.id).order_by(col(WorkOrder.id))
    requests = select(SyncRequest).where(col(SyncRequest.journey) == row.id).order_by(col(SyncRequest.sequence))
    under_way = row.action is not None
    actions = service_call_actions(row.state, row.resume_state, under_way=under_way)
    owners = [device.ownership for device, _ in devices if device.id == row.device_id and "action" in actions]
    return ServiceCallView(
        **_fields(row),
        problem_text=row.application["problem"]["text"],
        steps_tried=tuple(row.application["steps_tried"]),
        devices=tuple(subscribed(device, standing) for device, standing in devices),
        head_end_requests=await head_end_requests.of_journey(session, row.id),
        work_orders=tuple(work_orders.summary(one) for one in await session.scalars(orders)),
        sync_requests=tuple(sync_requests.summary(one) for one in await session.scalars(requests)),
        timeline=await timeline_of(session, row.id),
        next_step=next_step(row.state, remote_action=under_way),
        possible_actions=possible_actions(owners[0], program) if owners else (),
        available_actions=actions,
        links={**links, "enrollment": door(row.enrollment_id)},
    )


def _summary(row: ServiceCall) -> ServiceCallSummary:
    return ServiceCallSummary(**_fields(row))


def _fields(row: ServiceCall) -> dict[str, Any]:
    return {
        "id": row.id,
        "transaction_id": row.transaction_id,
        "channel": row.channel,
        "requester": row.requester,
        "customer": row.customer_id,
        "account": row.account,
        "program": row.program,
        "subscription": row.subscription_id,
        "enrollment": row.enrollment_id,
        "device": row.device_id,
        "problem": row.application["problem"]["code"],
        "action": row.action["action"] if row.action else None,
        "state": row.state,
        "outcome": row.outcome,
        "replaced_by": row.replaced_by,
        "reason": row.reason,
        "submitted_at": row.submitted_at,
        "updated_at": row.updated_at,
    }


async def _devices(session: AsyncSession, row: ServiceCall) -> list[tuple[Device, SubscriptionDevice]]:
    """The device of the call, and the one that came instead."""
    rows = await session.execute(
        select(Device, SubscriptionDevice)
        .join(SubscriptionDevice, col(SubscriptionDevice.device_id) == col(Device.id))
        .where(
            col(SubscriptionDevice.subscription_id) == row.subscription_id,
            col(Device.id).in_([one for one in (row.device_id, row.replaced_by) if one]),
        )
        .order_by(col(Device.id))
    )
    return list(rows)

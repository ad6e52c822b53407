"""Reading service calls: lists, and one with everything that happened to it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.scope import OperatorScope
from models.states.service_call import ServiceCallState
from models.tables.service_call import ServiceCall
from models.tables.subscription import Device, SubscriptionDevice
from models.tables.sync_request import SyncRequest
from models.tables.work_order import WorkOrder
from models.views.service_call import ServiceCallSummary, ServiceCallView
from models.views.view import Page
from operations.catalog.versions import CatalogCache
from operations.enrollment.device_views import to_subscribed_device
from operations.field_work import head_end_request_queries, work_order_queries
from operations.platform.paging import fetch_page, get_one
from operations.platform.timelines import get_timeline
from operations.synchronization import queries
from rules.available_actions import service_call_actions
from rules.service_calls import list_possible_actions
from wording.links import link_to
from wording.service_call import service_call_next_step


def select_readable(scope: OperatorScope) -> Select[ServiceCall]:
    """What this scope may see: an operator sees all."""
    return select(ServiceCall)


async def list_service_calls(
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
    return await fetch_page(
        session,
        select_readable(scope),
        col(ServiceCall.id),
        _to_summary,
        limit=limit,
        cursor=cursor,
        customer_id=customer,
        program=program,
        subscription_id=subscription,
        device_id=device,
        state=state,
    )


async def get_service_call(
    session: AsyncSession, scope: OperatorScope, catalogs: CatalogCache, service_call_id: str, links: Mapping[str, str]
) -> ServiceCallView:
    """One of them.

    Raises:
        NotFound: there is none that this scope may see.
    """
    row: ServiceCall = await get_one(
        session,
        select_readable(scope),
        col(ServiceCall.id),
        service_call_id,
        "service_call",
    )
    devices = await _get_devices(session, row)
    program = (await catalogs.get_version(session, row.catalog_version)).get_program(row.program)
    orders = select(WorkOrder).where(col(WorkOrder.journey) == row.id).order_by(col(WorkOrder.id))
    requests = select(SyncRequest).where(col(SyncRequest.journey) == row.id).order_by(col(SyncRequest.sequence))
    under_way = row.action is not None
    actions = service_call_actions(row.state, row.resume_state, under_way=under_way)
    owners = [device.ownership for device, _ in devices if device.id == row.device_id and "action" in actions]
    return ServiceCallView(
        **_shared_fields(row),
        problem_text=row.application["problem"]["text"],
        steps_tried=tuple(row.application["steps_tried"]),
        devices=tuple(to_subscribed_device(device, standing) for device, standing in devices),
        head_end_requests=await head_end_request_queries.list_for_request(session, row.id),
        work_orders=tuple(work_order_queries.to_summary(one) for one in await session.scalars(orders)),
        sync_requests=tuple(queries.to_summary(one) for one in await session.scalars(requests)),
        timeline=await get_timeline(session, row.id),
        next_step=service_call_next_step(row.state, remote_action=under_way),
        possible_actions=list_possible_actions(owners[0], program) if owners else (),
        available_actions=actions,
        links={**links, "enrollment": link_to(row.enrollment_id)},
    )


def _to_summary(row: ServiceCall) -> ServiceCallSummary:
    return ServiceCallSummary(**_shared_fields(row))


def _shared_fields(row: ServiceCall) -> dict[str, Any]:
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


async def _get_devices(session: AsyncSession, row: ServiceCall) -> list[tuple[Device, SubscriptionDevice]]:
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

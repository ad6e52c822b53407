"""Read service calls: lists, and one with everything that happened to it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.scope import OperatorScope
from models.states.service_call import ServiceCallState
from models.tables.service_call import ServiceCall
from models.tables.subscription import Device, SubscriptionDevice
from models.views.service_call import ServiceCallSummary, ServiceCallView
from models.views.view import Page
from operations.catalog.versions import CatalogCache
from operations.enrollment.subscriptions import select_devices, to_subscribed_device
from operations.field_work import head_end_request_queries, work_order_queries
from operations.platform.paging import fetch_page
from operations.platform.timelines import get_timeline
from operations.platform.views import copy_columns
from operations.service_call.service_calls import LIFECYCLE
from operations.synchronization import queries as sync_queries
from rules.available_actions import service_call_actions
from rules.service_calls import list_possible_actions
from wording.links import link_to
from wording.service_call import service_call_next_step


def select_readable(scope: OperatorScope) -> Select[ServiceCall]:
    """Return the query for what this scope may read. An operator reads all."""
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
    """Return a page of service calls, newest first."""
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
    """Return one service call.

    Raises:
        NotFound: there is none that this scope may read.
    """
    row = await LIFECYCLE.get_readable(session, select_readable(scope), service_call_id)
    devices = await _get_devices(session, row)
    program = (await catalogs.get_version(session, row.catalog_version)).get_program(row.program)
    sync_requests = await sync_queries.get_rows_for_request(session, row.id)
    under_way = row.action is not None
    actions = service_call_actions(row.state, row.resume_state, under_way=under_way)
    owners = [device.ownership for device, _ in devices if device.id == row.device_id and "action" in actions]
    return ServiceCallView(
        **_shared_fields(row),
        problem_text=row.application["problem"]["text"],
        steps_tried=tuple(row.application["steps_tried"]),
        devices=tuple(to_subscribed_device(device, registered) for device, registered in devices),
        head_end_requests=await head_end_request_queries.list_for_request(session, row.id),
        work_orders=await work_order_queries.list_for_request(session, row.id),
        sync_requests=tuple(map(sync_queries.to_summary, sync_requests)),
        timeline=await get_timeline(session, row.id),
        next_step=service_call_next_step(row.state, remote_action=under_way),
        possible_actions=list_possible_actions(owners[0], program) if owners else (),
        available_actions=actions,
        links={**links, "enrollment": link_to(row.enrollment_id)},
    )


def _to_summary(row: ServiceCall) -> ServiceCallSummary:
    return ServiceCallSummary(**_shared_fields(row))


def _shared_fields(row: ServiceCall) -> dict[str, Any]:
    return copy_columns(row, ServiceCallSummary) | {
        "problem": row.application["problem"]["code"],
        "action": row.action["action"] if row.action else None,
    }


async def _get_devices(session: AsyncSession, row: ServiceCall) -> list[tuple[Device, SubscriptionDevice]]:
    """Return the device of the call, and its replacement."""
    devices = [one for one in (row.device_id, row.replaced_by) if one]
    rows = await session.execute(select_devices(row.subscription_id).where(col(Device.id).in_(devices)))
    return list(rows)

"""Request a remote action on the device of a service call from its head-end, under a key that the call stores."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from models.errors import NotFound
from models.ids import service_call_workflow_id
from models.requests.service_call import ActionInProgress
from models.states.head_end import HeadEndRequestState, RequestKind
from models.tables.device_setup import HeadEndRequest
from models.tables.service_call import ServiceCall
from models.tables.subscription import Device
from operations.field_work.head_end_requests import (
    OPEN_STATES,
    HeadEndDevice,
    HeadEndRequester,
    create_request,
    get_many_for_update,
    transition,
)
from operations.platform.audit import AuditTrail


def get_head_end_request_id(row: ServiceCall) -> str | None:
    """The key of the request that is under way, if the action has one."""
    return ActionInProgress.model_validate(row.action).head_end_request if row.action else None


async def get_head_end_request_for_update(session: AsyncSession, row: ServiceCall) -> HeadEndRequest | None:
    """The request of the action that was chosen, locked, if there is one."""
    request_id = get_head_end_request_id(row)
    return (await get_many_for_update(session, [request_id]))[0] if request_id else None


async def request_remote_action(session: AsyncSession, trail: AuditTrail, row: ServiceCall, now: datetime) -> None:
    """A new request for the action that was chosen.

    Raises:
        NotFound: the device is gone.
    """
    device = await session.get(Device, row.device_id)
    if device is None:
        raise NotFound(f"There is no device {row.device_id}.")
    chosen = ActionInProgress.model_validate(row.action)
    asked = HeadEndDevice(
        head_end=device.head_end,
        manufacturer=device.manufacturer,
        serial_number=device.serial_number,
        nic_id=device.nic_id,
        key=f"{device.serial_key} {device.manufacturer_key}",
    )
    asking = HeadEndRequester(row.id, service_call_workflow_id(row.id), row.enrollment_id)
    request = create_request(session, trail, RequestKind(chosen.remote_command.value), asked, asking, now)
    row.action = chosen.model_copy(update={"head_end_request": request.id}).model_dump(mode="json")
    row.updated_at, row.version = now, row.version + 1


def give_up_unanswered(trail: AuditTrail, request: HeadEndRequest, now: datetime, trouble: str) -> None:
    """No answer came in time. Given up, until one comes all the same, is what the head-end has and is silent about;
    where it could not be asked (`trouble`) it may have done it, and is asked again under the same key."""
    if not trouble and request.state is HeadEndRequestState.ASKED:
        transition(trail, request, now, HeadEndRequestState.GIVEN_UP, reason="not answered in time")


def needs_new_request(request: HeadEndRequest | None) -> bool:
    """Whether the action is asked for anew: it never was, or what was asked is given up."""
    return request is None or request.state is HeadEndRequestState.GIVEN_UP


async def give_up_remote_action(session: AsyncSession, trail: AuditTrail, row: ServiceCall, now: datetime) -> None:
    """Something else is done instead: what the head-end was asked, if anything, is not waited for any longer."""
    request = await get_head_end_request_for_update(session, row)
    if request is not None and request.state in OPEN_STATES:
        transition(trail, request, now, HeadEndRequestState.GIVEN_UP)

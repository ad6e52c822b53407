"""What the head-end is told to do with the device of a service call: asked under a key that the call remembers."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from models.errors import NotFound
from models.head_end import RequestKind
from models.ids import service_call_workflow_id
from models.service_call import ActionUnderWay
from models.tables.device_setup import HeadEndRequest
from models.tables.service_call import ServiceCall
from models.tables.subscription import Device
from models.task_states import HeadEndRequestState
from operations.audit import Trail
from operations.head_end_requests import OPEN, AskedDevice, Asking, locked, move, put


def request_of(row: ServiceCall) -> str | None:
    """The key of the request that is under way, if the action has one."""
    return ActionUnderWay.model_validate(row.action).head_end_request if row.action else None


async def under_way(session: AsyncSession, row: ServiceCall) -> HeadEndRequest | None:
    """The request of the action that was chosen, locked, if there is one."""
    request_id = request_of(row)
    return (await locked(session, [request_id]))[0] if request_id else None


async def ask(session: AsyncSession, trail: Trail, row: ServiceCall, now: datetime) -> None:
    """A new request for the action that was chosen.

    Raises:
        NotFound: the device is gone.
    """
    device = await session.get(Device, row.device_id)
    if device is None:
        raise NotFound(f"There is no device {row.device_id}.")
    chosen = ActionUnderWay.model_validate(row.action)
    asked = AskedDevice(
        head_end=device.head_end,
        manufacturer=device.manufacturer,
        serial_number=device.serial_number,
        nic_id=device.nic_id,
        key=f"{device.serial_key} {device.manufacturer_key}",
    )
    asking = Asking(row.id, service_call_workflow_id(row.id), row.enrollment_id)
    request = put(session, trail, RequestKind(chosen.remote_command.value), asked, asking, now)
    row.action = chosen.model_copy(update={"head_end_request": request.id}).model_dump(mode="json")
    row.updated_at, row.version = now, row.version + 1


def not_waited_for(trail: Trail, request: HeadEndRequest, now: datetime, trouble: str) -> None:
    """No answer came in time. Given up, until one comes all the same, is what the head-end has and is silent about;
    where it could not be asked (`trouble`) it may have done it, and is asked again under the same key."""
    if not trouble and request.state is HeadEndRequestState.ASKED:
        move(trail, request, now, HeadEndRequestState.GIVEN_UP, reason="not answered in time")


def takes_new_key(request: HeadEndRequest | None) -> bool:
    """Whether the action is asked for anew: it never was, or what was asked is given up."""
    return request is None or request.state is HeadEndRequestState.GIVEN_UP


async def give_up(session: AsyncSession, trail: Trail, row: ServiceCall, now: datetime) -> None:
    """Something else is done instead: what the head-end was asked, if anything, is not waited for any longer."""
    request = await under_way(session, row)
    if request is not None and request.state in OPEN:
        move(trail, request, now, HeadEndRequestState.GIVEN_UP)

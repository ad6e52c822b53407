"""The head-end simulator's own doors, for those who test against it and for people. No fault strikes here."""

from typing import Literal

from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from simulator.answers import Json, Ready, as_object, problem
from simulator.head_end.devices import Told
from simulator.head_end.machine import machine_of
from simulator.head_end.page import overview
from simulator.layout import PAGE_HEADERS

_SHOWN = 200


class Forced(BaseModel):
    """An answer that is dictated."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    outcome: Literal["ok", "offline", "unknown", "failed"]
    text: str = ""


async def health(_: Request) -> Response:
    return Json({"status": "ok"})


async def home(request: Request) -> Response:
    machine = machine_of(request)
    faults = machine.faults.shown().model_dump()
    return HTMLResponse(
        overview(machine.devices.listed(), list(machine.requests.newest(_SHOWN)), faults), headers=PAGE_HEADERS
    )


async def list_requests(request: Request) -> Response:
    """The newest first."""
    return Json({"items": list(machine_of(request).requests.newest(_SHOWN))})


async def force_answer(request: Request) -> Response:
    """Has an answer told by callback now, whatever the device is."""
    machine = machine_of(request)
    forced = Forced.model_validate(as_object(await request.body()))
    asking = machine.requests.find(request.path_params["request_id"])
    if asking is None:
        return problem(404, "not-found", "No such request came.")
    answer = machine.requests.answer(asking, forced.outcome, forced.text, "waiting")
    machine.clerk.look()
    return Ready(answer)


async def list_devices(request: Request) -> Response:
    """Those that were set; all others are online."""
    return Json({"items": machine_of(request).devices.listed()})


async def tell_device(request: Request) -> Response:
    machine = machine_of(request)
    told = Told.model_validate(as_object(await request.body()))
    machine.devices.tell(request.path_params["device"], told.state)
    machine.clerk.look()
    return Json(told.model_dump())


async def forget_device(request: Request) -> Response:
    machine = machine_of(request)
    machine.devices.forget(request.path_params["device"])
    machine.clerk.look()
    return Json({"state": "online"})


async def show_faults(request: Request) -> Response:
    return Json(machine_of(request).faults.shown().model_dump())


async def change_faults(request: Request) -> Response:
    """Changes what the body names, and nothing else."""
    return Json(machine_of(request).faults.change(as_object(await request.body())).model_dump())


async def reset_faults(request: Request) -> Response:
    return Json(machine_of(request).faults.reset().model_dump())

"""The head-end simulator's own doors, for those who test against it and for people. No fault strikes here."""

from typing import Literal

from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from simulator.head_end.devices import DeviceSetting
from simulator.head_end.pages import render_overview
from simulator.head_end.simulator import get_simulator
from simulator.shared.layout import PAGE_HEADERS
from simulator.shared.responses import JsonResponse, RawJsonResponse, build_problem, parse_object

_MAX_LISTED = 200


class ForcedAnswer(BaseModel):
    """An answer that is dictated."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    outcome: Literal["ok", "offline", "unknown", "failed"]
    text: str = ""


async def get_health(_: Request) -> Response:
    return JsonResponse({"status": "ok"})


async def show_overview(request: Request) -> Response:
    machine = get_simulator(request)
    faults = machine.faults.describe().model_dump()
    return HTMLResponse(
        render_overview(machine.devices.list_devices(), list(machine.requests.list_newest(_MAX_LISTED)), faults),
        headers=PAGE_HEADERS,
    )


async def list_requests(request: Request) -> Response:
    """The newest first."""
    return JsonResponse({"items": list(get_simulator(request).requests.list_newest(_MAX_LISTED))})


async def force_answer(request: Request) -> Response:
    """Has an answer told by callback now, whatever the device is."""
    machine = get_simulator(request)
    forced = ForcedAnswer.model_validate(parse_object(await request.body()))
    asking = machine.requests.find(request.path_params["request_id"])
    if asking is None:
        return build_problem(404, "not-found", "No such request came.")
    answer = machine.requests.record_answer(asking, forced.outcome, forced.text, "waiting")
    machine.answer_loop.notify()
    return RawJsonResponse(answer)


async def list_devices(request: Request) -> Response:
    """Those that were set; all others are online."""
    return JsonResponse({"items": get_simulator(request).devices.list_devices()})


async def set_device(request: Request) -> Response:
    machine = get_simulator(request)
    told = DeviceSetting.model_validate(parse_object(await request.body()))
    machine.devices.set_state(request.path_params["device"], told.state)
    machine.answer_loop.notify()
    return JsonResponse(told.model_dump())


async def reset_device(request: Request) -> Response:
    machine = get_simulator(request)
    machine.devices.reset(request.path_params["device"])
    machine.answer_loop.notify()
    return JsonResponse({"state": "online"})


async def get_faults(request: Request) -> Response:
    return JsonResponse(get_simulator(request).faults.describe().model_dump())


async def change_faults(request: Request) -> Response:
    """Changes what the body names, and nothing else."""
    return JsonResponse(get_simulator(request).faults.change(parse_object(await request.body())).model_dump())


async def reset_faults(request: Request) -> Response:
    return JsonResponse(get_simulator(request).faults.reset().model_dump())

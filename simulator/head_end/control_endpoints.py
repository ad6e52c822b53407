"""The head-end simulator's own endpoints, for tests and people. No fault affects them."""

from typing import Literal

from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from simulator.head_end.devices import DeviceSetting
from simulator.head_end.pages import render_overview
from simulator.head_end.simulator import get_simulator
from simulator.shared.layout import build_html_response
from simulator.shared.responses import JsonResponse, RawJsonResponse, build_problem, parse_object

_MAX_LISTED = 200


class ForcedAnswer(BaseModel):
    """An answer that a test sets, whatever the state of the device is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    outcome: Literal["ok", "offline", "unknown", "failed"]
    text: str = ""


async def show_overview(request: Request) -> Response:
    simulator = get_simulator(request)
    faults = simulator.faults.describe().model_dump()
    requests = simulator.requests.list_newest(_MAX_LISTED)
    return build_html_response(render_overview(simulator.devices.list_devices(), requests, faults))


async def list_requests(request: Request) -> Response:
    """Lists the newest requests first."""
    return JsonResponse({"items": get_simulator(request).requests.list_newest(_MAX_LISTED)})


async def force_answer(request: Request) -> Response:
    """Sends the answer in the body by callback now."""
    simulator = get_simulator(request)
    forced = ForcedAnswer.model_validate(parse_object(await request.body()))
    stored = simulator.requests.find(request.path_params["request_id"])
    if stored is None:
        return build_problem(404, "not-found", "The head-end has not received this request.")
    return RawJsonResponse(simulator.inbox.force_answer(stored, forced.outcome, forced.text))


async def list_devices(request: Request) -> Response:
    """Lists the devices whose state was set; all others are online."""
    return JsonResponse({"items": get_simulator(request).devices.list_devices()})


async def set_device(request: Request) -> Response:
    """Sets a device's state. A device that was silent now answers earlier requests."""
    simulator = get_simulator(request)
    setting = DeviceSetting.model_validate(parse_object(await request.body()))
    simulator.devices.set_state(request.path_params["device"], setting.state)
    simulator.loop.wake()
    return JsonResponse(setting.model_dump())


async def reset_device(request: Request) -> Response:
    """Makes a device online again."""
    simulator = get_simulator(request)
    simulator.devices.reset(request.path_params["device"])
    simulator.loop.wake()
    return JsonResponse({"state": "online"})

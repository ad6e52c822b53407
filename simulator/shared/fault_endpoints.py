"""The endpoints of every simulator that show and change its faults, and its health. No fault affects them."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.shared.faults import FaultControl
from simulator.shared.responses import JsonResponse, parse_object


async def get_health(_: Request) -> Response:
    return JsonResponse({"status": "ok"})


async def get_faults(request: Request) -> Response:
    return JsonResponse(_get_control(request).describe().model_dump())


async def change_faults(request: Request) -> Response:
    """Changes the faults that the body names, and no others."""
    return JsonResponse(_get_control(request).change(parse_object(await request.body())).model_dump())


async def reset_faults(request: Request) -> Response:
    return JsonResponse(_get_control(request).reset().model_dump())


def _get_control(request: Request) -> FaultControl[Any]:
    return request.state.simulator.faults


ROUTES = [
    Route("/faults", get_faults, methods=["GET"]),
    Route("/faults", change_faults, methods=["PUT"]),
    Route("/faults", reset_faults, methods=["DELETE"]),
    Route("/healthz", get_health, methods=["GET"]),
]

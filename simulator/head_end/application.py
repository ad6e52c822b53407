"""The web application: which door is where."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import orjson
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route

from simulator.head_end import control_endpoints
from simulator.head_end.contract_endpoints import get_request_status, request_action, request_status_check
from simulator.head_end.settings import Settings
from simulator.head_end.simulator import HeadEndSimulator, run_simulator
from simulator.shared.guard import guard_endpoint
from simulator.shared.responses import handle_http_error, handle_invalid_input


def build_application(settings: Settings) -> Starlette:
    """The doors, over a machine that runs as long as the application does."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[dict[str, HeadEndSimulator]]:
        async with run_simulator(settings) as machine:
            yield {"machine": machine}

    return Starlette(
        routes=_ROUTES,
        lifespan=lifespan,
        exception_handlers={
            HTTPException: handle_http_error,
            ValidationError: handle_invalid_input,
            orjson.JSONDecodeError: handle_invalid_input,
        },
    )


# A serial number may hold slashes, which arrive decoded: a device is all that stands before the last part.
_ROUTES = [
    Route("/devices/{device:path}/status-checks", guard_endpoint(request_status_check), methods=["POST"]),
    Route("/devices/{device:path}/status-checks/{request_id}", guard_endpoint(get_request_status), methods=["GET"]),
    Route("/devices/{device:path}/actions", guard_endpoint(request_action), methods=["POST"]),
    Route("/devices/{device:path}/actions/{request_id}", guard_endpoint(get_request_status), methods=["GET"]),
    Route("/devices", control_endpoints.list_devices, methods=["GET"]),
    Route("/devices/{device:path}", control_endpoints.set_device, methods=["PUT"]),
    Route("/devices/{device:path}", control_endpoints.reset_device, methods=["DELETE"]),
    Route("/requests", control_endpoints.list_requests, methods=["GET"]),
    Route("/requests/{request_id}/answer", control_endpoints.force_answer, methods=["POST"]),
    Route("/faults", control_endpoints.get_faults, methods=["GET"]),
    Route("/faults", control_endpoints.change_faults, methods=["PUT"]),
    Route("/faults", control_endpoints.reset_faults, methods=["DELETE"]),
    Route("/", control_endpoints.show_overview, methods=["GET"]),
    Route("/healthz", control_endpoints.get_health, methods=["GET"]),
]

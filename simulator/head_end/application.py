"""The web application: which door is where."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import orjson
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route

from simulator.answers import http_problem, refused
from simulator.guard import as_agreed
from simulator.head_end import control_doors
from simulator.head_end.contract_doors import act, check_status, status
from simulator.head_end.machine import Machine, running
from simulator.head_end.settings import Settings


def application(settings: Settings) -> Starlette:
    """The doors, over a machine that runs as long as the application does."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[dict[str, Machine]]:
        async with running(settings) as machine:
            yield {"machine": machine}

    return Starlette(
        routes=_ROUTES,
        lifespan=lifespan,
        exception_handlers={
            HTTPException: http_problem,
            ValidationError: refused,
            orjson.JSONDecodeError: refused,
        },
    )


# A serial number may hold slashes, which arrive decoded: a device is all that stands before the last part.
_ROUTES = [
    Route("/devices/{device:path}/status-checks", as_agreed(check_status), methods=["POST"]),
    Route("/devices/{device:path}/status-checks/{request_id}", as_agreed(status), methods=["GET"]),
    Route("/devices/{device:path}/actions", as_agreed(act), methods=["POST"]),
    Route("/devices/{device:path}/actions/{request_id}", as_agreed(status), methods=["GET"]),
    Route("/devices", control_doors.list_devices, methods=["GET"]),
    Route("/devices/{device:path}", control_doors.tell_device, methods=["PUT"]),
    Route("/devices/{device:path}", control_doors.forget_device, methods=["DELETE"]),
    Route("/requests", control_doors.list_requests, methods=["GET"]),
    Route("/requests/{request_id}/answer", control_doors.force_answer, methods=["POST"]),
    Route("/faults", control_doors.show_faults, methods=["GET"]),
    Route("/faults", control_doors.change_faults, methods=["PUT"]),
    Route("/faults", control_doors.reset_faults, methods=["DELETE"]),
    Route("/", control_doors.home, methods=["GET"]),
    Route("/healthz", control_doors.health, methods=["GET"]),
]

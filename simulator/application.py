"""The web application: which door is where."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import orjson
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route

from simulator import control_doors, register_doors
from simulator.answers import http_problem, refused
from simulator.contract_doors import status, take, take_many
from simulator.guard import as_agreed
from simulator.machine import Machine, running
from simulator.paging import BadPageError
from simulator.settings import Settings


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
            BadPageError: refused,
            orjson.JSONDecodeError: refused,
        },
    )


_ROUTES = [
    Route("/sync-messages", as_agreed(take), methods=["POST"]),
    Route("/sync-message-batches", as_agreed(take_many), methods=["POST"]),
    Route("/sync-messages/{message_id}", as_agreed(status), methods=["GET"]),
    Route("/sync-messages", control_doors.list_messages, methods=["GET"]),
    Route("/sync-messages/{message_id}/acknowledge", control_doors.acknowledge, methods=["POST"]),
    Route("/deliveries", control_doors.list_deliveries, methods=["GET"]),
    Route("/faults", control_doors.show_faults, methods=["GET"]),
    Route("/faults", control_doors.change_faults, methods=["PUT"]),
    Route("/faults", control_doors.reset_faults, methods=["DELETE"]),
    Route("/reference", control_doors.show_reference, methods=["GET"]),
    Route("/reference", control_doors.replace_reference, methods=["PUT"]),
    Route("/ders", register_doors.list_ders, methods=["GET"]),
    Route("/ders/{der_id}", register_doors.show_der, methods=["GET"]),
    Route("/", register_doors.search_page, methods=["GET"]),
    Route("/der/{der_id}", register_doors.der_page, methods=["GET"]),
    Route("/healthz", control_doors.health, methods=["GET"]),
]

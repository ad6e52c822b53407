"""The web application: which door is where."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import orjson
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route

from simulator.derms import control_endpoints, search_endpoints
from simulator.derms.contract_endpoints import get_message_status, receive_message, receive_message_batch
from simulator.derms.settings import Settings
from simulator.derms.simulator import DermsSimulator, run_simulator
from simulator.shared.guard import guard_endpoint
from simulator.shared.paging import InvalidPageError
from simulator.shared.responses import handle_http_error, handle_invalid_input


def build_application(settings: Settings) -> Starlette:
    """The doors, over a machine that runs as long as the application does."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[dict[str, DermsSimulator]]:
        async with run_simulator(settings) as machine:
            yield {"machine": machine}

    return Starlette(
        routes=_ROUTES,
        lifespan=lifespan,
        exception_handlers={
            HTTPException: handle_http_error,
            ValidationError: handle_invalid_input,
            InvalidPageError: handle_invalid_input,
            orjson.JSONDecodeError: handle_invalid_input,
        },
    )


_ROUTES = [
    Route("/sync-messages", guard_endpoint(receive_message), methods=["POST"]),
    Route("/sync-message-batches", guard_endpoint(receive_message_batch), methods=["POST"]),
    Route("/sync-messages/{message_id}", guard_endpoint(get_message_status), methods=["GET"]),
    Route("/sync-messages", control_endpoints.list_messages, methods=["GET"]),
    Route("/sync-messages/{message_id}/acknowledge", control_endpoints.force_acknowledgement, methods=["POST"]),
    Route("/deliveries", control_endpoints.list_deliveries, methods=["GET"]),
    Route("/faults", control_endpoints.get_faults, methods=["GET"]),
    Route("/faults", control_endpoints.change_faults, methods=["PUT"]),
    Route("/faults", control_endpoints.reset_faults, methods=["DELETE"]),
    Route("/reference", control_endpoints.get_reference, methods=["GET"]),
    Route("/reference", control_endpoints.replace_reference, methods=["PUT"]),
    Route("/ders", search_endpoints.list_ders, methods=["GET"]),
    Route("/ders/{der_id}", search_endpoints.get_der, methods=["GET"]),
    Route("/", search_endpoints.show_search_page, methods=["GET"]),
    Route("/der/{der_id}", search_endpoints.show_der_page, methods=["GET"]),
    Route("/healthz", control_endpoints.get_health, methods=["GET"]),
]

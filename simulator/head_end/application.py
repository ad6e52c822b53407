"""The head-end simulator's web application: which endpoint has which path."""

from functools import partial

from starlette.applications import Starlette
from starlette.routing import Route

from simulator.head_end import control_endpoints
from simulator.head_end.contract_endpoints import get_request_status, request_action, request_status_check
from simulator.head_end.settings import Settings
from simulator.head_end.simulator import assemble
from simulator.head_end.store import SCHEMA
from simulator.shared import fault_endpoints
from simulator.shared.application import build_application, run_simulator
from simulator.shared.guard import guard_endpoint
from simulator.shared.store import Store

# A serial number may contain slashes, which arrive decoded: `device` is everything before the last part.
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
    Route("/", control_endpoints.show_overview, methods=["GET"]),
    *fault_endpoints.ROUTES,
]


def build_head_end(settings: Settings) -> Starlette:
    """Builds the application; its simulator opens the store when the application starts."""
    return build_application(_ROUTES, lambda: run_simulator(Store(settings.store, SCHEMA), partial(assemble, settings)))

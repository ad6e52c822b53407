"""The DERMS simulator's web application: which endpoint has which path."""

from functools import partial

from starlette.applications import Starlette
from starlette.routing import Route

from simulator.derms import control_endpoints, search_endpoints
from simulator.derms.contract_endpoints import get_message_status, receive_message, receive_message_batch
from simulator.derms.settings import Settings
from simulator.derms.simulator import assemble
from simulator.derms.store import SCHEMA
from simulator.shared import fault_endpoints
from simulator.shared.application import build_application, run_simulator
from simulator.shared.guard import guard_endpoint
from simulator.shared.store import Store

_ROUTES = [
    Route("/sync-messages", guard_endpoint(receive_message), methods=["POST"]),
    Route("/sync-message-batches", guard_endpoint(receive_message_batch), methods=["POST"]),
    Route("/sync-messages/{message_id}", guard_endpoint(get_message_status), methods=["GET"]),
    Route("/sync-messages", control_endpoints.list_messages, methods=["GET"]),
    Route("/sync-messages/{message_id}/acknowledge", control_endpoints.force_acknowledgement, methods=["POST"]),
    Route("/deliveries", control_endpoints.list_deliveries, methods=["GET"]),
    Route("/reference", control_endpoints.get_reference, methods=["GET"]),
    Route("/reference", control_endpoints.replace_reference, methods=["PUT"]),
    Route("/ders", search_endpoints.list_ders, methods=["GET"]),
    Route("/ders/{der_id}", search_endpoints.get_der, methods=["GET"]),
    Route("/", search_endpoints.show_search_page, methods=["GET"]),
    Route("/der/{der_id}", search_endpoints.show_der_page, methods=["GET"]),
    *fault_endpoints.ROUTES,
]


def build_derms(settings: Settings) -> Starlette:
    """Builds the application; its simulator opens the store when the application starts."""
    return build_application(_ROUTES, lambda: run_simulator(Store(settings.store, SCHEMA), partial(assemble, settings)))

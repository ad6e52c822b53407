"""The endpoints of the head-end contract: receive requests for a device and show their status."""

from collections.abc import Callable, Sequence
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from simulator.head_end.contract import SCHEMA_NAME
from simulator.head_end.devices import Operation, build_device_key
from simulator.head_end.simulator import HeadEndSimulator
from simulator.shared.contract import Document, Violation
from simulator.shared.guard import build_receipt, read_document
from simulator.shared.responses import JsonResponse, ProblemError, build_problem


def request_status_check(simulator: HeadEndSimulator, request: Request, body: bytes) -> Response:
    """POST /devices/{device}/status-checks: 200 with the answer, or 202 when it comes later."""
    document = _read_request(request, body, simulator.contract.find_status_check_violations)
    return _receive(simulator, document, "status_check")


def request_action(simulator: HeadEndSimulator, request: Request, body: bytes) -> Response:
    """POST /devices/{device}/actions: 200 with the answer, or 202 when it comes later."""
    document = _read_request(request, body, simulator.contract.find_action_violations)
    return _receive(simulator, document, document["action"])


def _read_request(request: Request, body: bytes, find_violations: Callable[[Any], Sequence[Violation]]) -> Document:
    """Returns the request in the body, which must be for the device in the path."""
    document = read_document(request, body, find_violations, schema=SCHEMA_NAME, key="request_id")
    keys = {build_device_key(number) for number in (document["serial_number"], document.get("nic_id")) if number}
    if build_device_key(request.path_params["device"]) not in keys:
        raise ProblemError(400, "key-mismatch", "The path must name the device by its serial number or NIC id.")
    return document


def _receive(simulator: HeadEndSimulator, document: Document, operation: Operation) -> Response:
    stored = simulator.inbox.receive(document, operation)
    if stored is None:
        return build_problem(409, "content-mismatch", "This key was used for another request. Use a new key.")
    return build_receipt(simulator, {"request_id": stored.request_id}, stored.answer)


def get_request_status(simulator: HeadEndSimulator, request: Request, _: bytes) -> Response:
    """GET …/{request_id}: received or answered; 404 when the request never came."""
    stored = simulator.requests.find(request.path_params["request_id"])
    if stored is None:
        return build_problem(404, "not-found", "The head-end has not received this request. Send it.")
    status = {"status": "received"}
    if stored.answer is not None:
        status = {"status": "answered", "answer": orjson.Fragment(stored.answer)}
    return JsonResponse({"request_id": stored.request_id, **status})

"""The doors of the contract: take a request for a device, say what became of one."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from simulator.head_end.devices import Operation, build_device_key
from simulator.head_end.simulator import HeadEndSimulator
from simulator.shared.responses import AbortedResponse, JsonResponse, RawJsonResponse, build_problem


def request_status_check(machine: HeadEndSimulator, request: Request, body: bytes) -> Response:
    """POST /devices/{device}/status-checks: 200 with the answer, or 202 when it will come later."""
    return _receive(machine, request, body, action=False)


def request_action(machine: HeadEndSimulator, request: Request, body: bytes) -> Response:
    """POST /devices/{device}/actions: likewise."""
    return _receive(machine, request, body, action=True)


def _receive(machine: HeadEndSimulator, request: Request, body: bytes, *, action: bool) -> Response:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return build_problem(400, "malformed-json", f"The body is not JSON: {error.msg} (at {error.pos}).")
    if flaws := machine.contract.find_violations(document, action=action):
        return build_problem(
            400, "not-as-agreed", "The request is not as docs/contracts/head-end.schema.json has it.", flaws
        )
    if objection := _find_address_error(request, document):
        return build_problem(400, "key-mismatch", objection)
    asked: Operation = document["action"] if action else "status_check"
    taken = machine.requests.receive(document, asked, machine.faults.current.answer_after_seconds)
    if taken is None:
        return build_problem(409, "content-mismatch", "This key was used for another request. Use a new key.")
    answer = taken.answer
    if (
        answer is None
        and machine.faults.current.answer == "at_once"
        and machine.devices.get_state(taken.device_key) != "silent"
    ):
        answer = machine.answer_loop.answer_now(taken, "none")
    machine.answer_loop.notify()
    if machine.faults.should_inject(machine.faults.current.lose_response_share):
        return AbortedResponse()
    if answer is not None:
        return RawJsonResponse(answer)
    return JsonResponse({"status": "received", "request_id": taken.request_id}, 202)


def _find_address_error(request: Request, document: dict[str, Any]) -> str:
    if request.headers.get("idempotency-key") != document["request_id"]:
        return "Idempotency-Key must be there, and be the request_id."
    numbers = {build_device_key(one) for one in (document["serial_number"], document.get("nic_id")) if one}
    if build_device_key(request.path_params["device"]) not in numbers:
        return "The address must name the device by its serial number or NIC id."
    return ""


def get_request_status(machine: HeadEndSimulator, request: Request, _: bytes) -> Response:
    """GET …/{request_id}: received or answered; 404 when the request never came."""
    asking = machine.requests.find(request.path_params["request_id"])
    if asking is None:
        return build_problem(404, "not-found", "No such request came. Send it.")
    if asking.answer is None:
        return JsonResponse({"request_id": asking.request_id, "status": "received"})
    answer = orjson.Fragment(asking.answer)
    return JsonResponse({"request_id": asking.request_id, "status": "answered", "answer": answer})

"""The doors of the contract: take a request for a device, say what became of one."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from simulator.answers import Json, NoAnswer, Ready, problem
from simulator.head_end.devices import Asked, device_key
from simulator.head_end.machine import Machine


def check_status(machine: Machine, request: Request, body: bytes) -> Response:
    """POST /devices/{device}/status-checks: 200 with the answer, or 202 when it will come later."""
    return _take(machine, request, body, action=False)


def act(machine: Machine, request: Request, body: bytes) -> Response:
    """POST /devices/{device}/actions: likewise."""
    return _take(machine, request, body, action=True)


def _take(machine: Machine, request: Request, body: bytes, *, action: bool) -> Response:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return problem(400, "malformed-json", f"The body is not JSON: {error.msg} (at {error.pos}).")
    if flaws := machine.contract.flaws(document, action=action):
        return problem(400, "not-as-agreed", "The request is not as docs/contracts/head-end.schema.json has it.", flaws)
    if objection := _misaddressed(request, document):
        return problem(400, "key-mismatch", objection)
    asked: Asked = document["action"] if action else "status_check"
    taken = machine.requests.receive(document, asked, machine.faults.now.answer_after_seconds)
    if taken is None:
        return problem(409, "content-mismatch", "This key was used for another request. Use a new key.")
    answer = taken.answer
    if (
        answer is None
        and machine.faults.now.answer == "at_once"
        and machine.devices.state(taken.device_key) != "silent"
    ):
        answer = machine.clerk.answered(taken, "none")
    machine.clerk.look()
    if machine.faults.strikes(machine.faults.now.lose_response_share):
        return NoAnswer()
    if answer is not None:
        return Ready(answer)
    return Json({"status": "received", "request_id": taken.request_id}, 202)


def _misaddressed(request: Request, document: dict[str, Any]) -> str:
    if request.headers.get("idempotency-key") != document["request_id"]:
        return "Idempotency-Key must be there, and be the request_id."
    numbers = {device_key(one) for one in (document["serial_number"], document.get("nic_id")) if one}
    if device_key(request.path_params["device"]) not in numbers:
        return "The address must name the device by its serial number or NIC id."
    return ""


def status(machine: Machine, request: Request, _: bytes) -> Response:
    """GET …/{request_id}: received or answered; 404 when the request never came."""
    asking = machine.requests.find(request.path_params["request_id"])
    if asking is None:
        return problem(404, "not-found", "No such request came. Send it.")
    if asking.answer is None:
        return Json({"request_id": asking.request_id, "status": "received"})
    answer = orjson.Fragment(asking.answer)
    return Json({"request_id": asking.request_id, "status": "answered", "answer": answer})

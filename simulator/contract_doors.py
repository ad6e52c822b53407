"""The doors of the contract: take a sync message, say what became of one."""

import orjson
from starlette.requests import Request
from starlette.responses import Response

from simulator.answers import Json, NoAnswer, Ready, problem
from simulator.machine import Machine


def take(machine: Machine, request: Request, body: bytes) -> Response:
    """POST /sync-messages: 200 with the acknowledgement, or 202 when it will come later."""
    try:
        message = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return problem(400, "malformed-json", f"The body is not JSON: {error.msg} (at {error.pos}).")
    flaws = machine.contract.flaws(message)
    if flaws:
        return problem(400, "not-as-agreed", "The message is not as docs/contracts/derms.schema.json has it.", flaws)
    if request.headers.get("idempotency-key") != message["message_id"]:
        return problem(400, "key-mismatch", "Idempotency-Key must be there, and be the message_id.")
    taken = machine.intake.receive(message, body)
    if taken is None:
        return problem(409, "content-mismatch", "This key was used for other content. Send it under a new key.")
    if machine.faults.strikes(machine.faults.now.lose_response_share):
        return NoAnswer()
    if taken.acknowledgement is not None:
        return Ready(taken.acknowledgement)
    return Json({"status": "received", "message_id": taken.message_id}, 202)


def status(machine: Machine, request: Request, _: bytes) -> Response:
    """GET /sync-messages/{message_id}: received or acknowledged; 404 when the message never came."""
    message_id = request.path_params["message_id"]
    taken = machine.messages.find(message_id)
    if taken is None:
        return problem(404, "not-found", "No such message was taken. Send it.")
    if taken.acknowledgement is None:
        return Json({"message_id": message_id, "status": "received"})
    acknowledgement = orjson.Fragment(taken.acknowledgement)
    return Json({"message_id": message_id, "status": "acknowledged", "acknowledgement": acknowledgement})

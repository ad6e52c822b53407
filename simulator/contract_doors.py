"""The doors of the contract: take a sync message, or many in one; say what became of one."""

from typing import Any, cast

import orjson
from starlette.requests import Request
from starlette.responses import Response

from simulator.answers import Json, NoAnswer, Ready, problem
from simulator.contract import Document
from simulator.machine import Machine

_MOST_IN_ONE = 100


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
    machine.deliveries.note([message["message_id"]])
    taken = machine.intake.receive(message, body)
    if taken is None:
        return problem(409, "content-mismatch", "This key was used for other content. Send it under a new key.")
    if machine.faults.strikes(machine.faults.now.lose_response_share):
        return NoAnswer()
    if taken.acknowledgement is not None:
        return Ready(taken.acknowledgement)
    return Json({"status": "received", "message_id": taken.message_id}, 202)


def take_many(machine: Machine, request: Request, body: bytes) -> Response:
    """POST /sync-message-batches: 200 with the fate of each, as if each had come by itself."""
    if machine.faults.now.no_batches:
        return problem(404, "not-found", "This DERMS takes messages one by one.")
    try:
        messages = _keyed_messages(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        return problem(400, "malformed-json", f"The body is not JSON: {error.msg} (at {error.pos}).")
    if not 1 <= len(messages) <= _MOST_IN_ONE:
        return problem(400, "not-as-agreed", f"1 to {_MOST_IN_ONE} messages are taken in one, each with a message_id.")
    machine.deliveries.note([message["message_id"] for message in messages])
    results = [_fate(machine, message) for message in messages]
    if machine.faults.strikes(machine.faults.now.lose_response_share):
        return NoAnswer()
    return Json({"results": results})


def _keyed_messages(document: Any) -> list[Document]:
    """The messages of the document; none if it is not as agreed."""
    found = cast(Document, document).get("messages") if isinstance(document, dict) else None
    messages = cast(list[Any], found) if isinstance(found, list) else []
    keyed = all(isinstance(one, dict) and isinstance(cast(Document, one).get("message_id"), str) for one in messages)
    return messages if keyed else []


def _fate(machine: Machine, message: Document) -> Document:
    """What one message among many comes to."""
    key = {"message_id": message["message_id"]}
    if machine.contract.flaws(message):
        return {**key, "status": "refused"}
    taken = machine.intake.receive(message, orjson.dumps(message))
    if taken is None:
        return {**key, "status": "conflict"}
    if taken.acknowledgement is None:
        return {**key, "status": "received"}
    return {**key, "status": "acknowledged", "acknowledgement": orjson.Fragment(taken.acknowledgement)}


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

"""The doors of the contract: take a sync message, or many in one; say what became of one."""

from typing import Any, cast

import orjson
from starlette.requests import Request
from starlette.responses import Response

from simulator.derms.simulator import DermsSimulator
from simulator.shared.contract import Document
from simulator.shared.responses import AbortedResponse, JsonResponse, RawJsonResponse, build_problem

_MAX_BATCH_SIZE = 100


def receive_message(machine: DermsSimulator, request: Request, body: bytes) -> Response:
    """POST /sync-messages: 200 with the acknowledgement, or 202 when it will come later."""
    try:
        message = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return build_problem(400, "malformed-json", f"The body is not JSON: {error.msg} (at {error.pos}).")
    flaws = machine.contract.find_violations(message)
    if flaws:
        return build_problem(
            400, "not-as-agreed", "The message is not as docs/contracts/derms.schema.json has it.", flaws
        )
    if request.headers.get("idempotency-key") != message["message_id"]:
        return build_problem(400, "key-mismatch", "Idempotency-Key must be there, and be the message_id.")
    machine.deliveries.record([message["message_id"]])
    taken = machine.inbox.receive(message, body)
    if taken is None:
        return build_problem(409, "content-mismatch", "This key was used for other content. Send it under a new key.")
    if machine.faults.should_inject(machine.faults.current.lose_response_share):
        return AbortedResponse()
    if taken.acknowledgement is not None:
        return RawJsonResponse(taken.acknowledgement)
    return JsonResponse({"status": "received", "message_id": taken.message_id}, 202)


def receive_message_batch(machine: DermsSimulator, request: Request, body: bytes) -> Response:
    """POST /sync-message-batches: 200 with the fate of each, as if each had come by itself."""
    if machine.faults.current.no_batches:
        return build_problem(404, "not-found", "This DERMS takes messages one by one.")
    try:
        messages = _parse_batch(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        return build_problem(400, "malformed-json", f"The body is not JSON: {error.msg} (at {error.pos}).")
    if not 1 <= len(messages) <= _MAX_BATCH_SIZE:
        return build_problem(
            400, "not-as-agreed", f"1 to {_MAX_BATCH_SIZE} messages are taken in one, each with a message_id."
        )
    machine.deliveries.record([message["message_id"] for message in messages])
    results = [_receive_batch_item(machine, message) for message in messages]
    if machine.faults.should_inject(machine.faults.current.lose_response_share):
        return AbortedResponse()
    return JsonResponse({"results": results})


def _parse_batch(document: Any) -> list[Document]:
    """The messages of the document; none if it is not as agreed."""
    found = cast(Document, document).get("messages") if isinstance(document, dict) else None
    messages = cast(list[Any], found) if isinstance(found, list) else []
    keyed = all(isinstance(one, dict) and isinstance(cast(Document, one).get("message_id"), str) for one in messages)
    return messages if keyed else []


def _receive_batch_item(machine: DermsSimulator, message: Document) -> Document:
    """What one message among many comes to."""
    key = {"message_id": message["message_id"]}
    if machine.contract.find_violations(message):
        return {**key, "status": "refused"}
    taken = machine.inbox.receive(message, orjson.dumps(message))
    if taken is None:
        return {**key, "status": "conflict"}
    if taken.acknowledgement is None:
        return {**key, "status": "received"}
    return {**key, "status": "acknowledged", "acknowledgement": orjson.Fragment(taken.acknowledgement)}


def get_message_status(machine: DermsSimulator, request: Request, _: bytes) -> Response:
    """GET /sync-messages/{message_id}: received or acknowledged; 404 when the message never came."""
    message_id = request.path_params["message_id"]
    taken = machine.messages.find(message_id)
    if taken is None:
        return build_problem(404, "not-found", "No such message was taken. Send it.")
    if taken.acknowledgement is None:
        return JsonResponse({"message_id": message_id, "status": "received"})
    acknowledgement = orjson.Fragment(taken.acknowledgement)
    return JsonResponse({"message_id": message_id, "status": "acknowledged", "acknowledgement": acknowledgement})

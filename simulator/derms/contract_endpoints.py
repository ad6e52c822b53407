"""The endpoints of the DERMS contract: receive sync messages, one or many in a request, and show their status."""

from typing import Any, cast

import orjson
from starlette.requests import Request
from starlette.responses import Response

from simulator.derms.contract import SCHEMA_NAME
from simulator.derms.simulator import DermsSimulator
from simulator.shared.contract import Document
from simulator.shared.guard import build_receipt, read_document
from simulator.shared.responses import AbortedResponse, JsonResponse, build_problem, parse_json

_MAX_BATCH_SIZE = 100


def receive_message(simulator: DermsSimulator, request: Request, body: bytes) -> Response:
    """POST /sync-messages: 200 with the acknowledgement, or 202 when it comes later."""
    message = read_document(request, body, simulator.contract.find_violations, schema=SCHEMA_NAME, key="message_id")
    simulator.deliveries.record([message["message_id"]])
    stored = simulator.inbox.receive(message, body)
    if stored is None:
        return build_problem(409, "content-mismatch", "This key was used for other content. Send it under a new key.")
    return build_receipt(simulator, {"message_id": stored.message_id}, stored.acknowledgement)


def receive_message_batch(simulator: DermsSimulator, _: Request, body: bytes) -> Response:
    """POST /sync-message-batches: 200 with the result of each, as if each had come by itself."""
    if simulator.faults.current.no_batches:
        return build_problem(404, "not-found", "This DERMS receives messages one by one.")
    messages = _list_batch(parse_json(body))
    if not 1 <= len(messages) <= _MAX_BATCH_SIZE:
        detail = f"A batch has 1 to {_MAX_BATCH_SIZE} messages, each with a message_id."
        return build_problem(400, "not-as-agreed", detail)
    simulator.deliveries.record([message["message_id"] for message in messages])
    results = [_receive_batch_item(simulator, message) for message in messages]
    if simulator.faults.should_inject(simulator.faults.current.lose_response_share):
        return AbortedResponse()
    return JsonResponse({"results": results})


def _list_batch(document: Any) -> list[Document]:
    """Returns the messages of a batch; none if the document is no batch or a message has no id."""
    found = cast(Document, document).get("messages") if isinstance(document, dict) else None
    messages = cast(list[Any], found) if isinstance(found, list) else []
    return messages if all(_has_message_id(message) for message in messages) else []


def _has_message_id(message: Any) -> bool:
    return isinstance(message, dict) and isinstance(cast(Document, message).get("message_id"), str)


def _receive_batch_item(simulator: DermsSimulator, message: Document) -> Document:
    key = {"message_id": message["message_id"]}
    if simulator.contract.find_violations(message):
        return {**key, "status": "refused"}
    stored = simulator.inbox.receive(message, orjson.dumps(message))
    if stored is None:
        return {**key, "status": "conflict"}
    return {**key, **_describe_status(stored.acknowledgement)}


def _describe_status(acknowledgement: bytes | None) -> Document:
    if acknowledgement is None:
        return {"status": "received"}
    return {"status": "acknowledged", "acknowledgement": orjson.Fragment(acknowledgement)}


def get_message_status(simulator: DermsSimulator, request: Request, _: bytes) -> Response:
    """GET /sync-messages/{message_id}: received or acknowledged; 404 when the message never came."""
    stored = simulator.messages.find(request.path_params["message_id"])
    if stored is None:
        return build_problem(404, "not-found", "The DERMS has not received this message. Send it.")
    return JsonResponse({"message_id": stored.message_id, **_describe_status(stored.acknowledgement)})

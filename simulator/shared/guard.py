"""Guards the endpoints of a contract: faults, body size, signature, schema and idempotency key."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from simulator.shared.application import SimulatorParts
from simulator.shared.contract import Document, Violation
from simulator.shared.responses import (
    AbortedResponse,
    JsonResponse,
    ProblemError,
    RawJsonResponse,
    build_problem,
    parse_json,
)
from simulator.shared.signature import find_signature_error

_MAX_BODY_BYTES = 1_048_576

SimulatorT = TypeVar("SimulatorT", bound=SimulatorParts[Any])


def guard_endpoint(
    handle: Callable[[SimulatorT, Request, bytes], Response],
) -> Callable[[Request], Awaitable[Response]]:
    """Applies the current faults and checks the signature before an endpoint of the contract handles the request."""

    async def endpoint(request: Request) -> Response:
        simulator: SimulatorT = request.state.simulator
        faults = simulator.faults
        if faults.is_refusing():
            return AbortedResponse()
        try:
            body = await _read_body(request)
        except ClientDisconnect:
            return AbortedResponse()
        if body is None:
            return build_problem(413, "too-large", f"The body may have at most {_MAX_BODY_BYTES} bytes.")
        if faults.current.latency_seconds:
            await asyncio.sleep(faults.current.latency_seconds)
        if faults.should_inject(faults.current.error_share):
            return build_problem(500, "fault", "A fault was set to cause this error; the request had no effect.")
        signature_error = find_signature_error(simulator.secret, request.headers, time.time(), body)
        if signature_error:
            return build_problem(401, "not-signed", signature_error)
        return handle(simulator, request, body)

    return endpoint


async def _read_body(request: Request) -> bytes | None:
    """Returns the body; None if it is too large."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > _MAX_BODY_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)


def read_document(
    request: Request, body: bytes, find_violations: Callable[[Any], Sequence[Violation]], *, schema: str, key: str
) -> Document:
    """Returns the document in the body, which the contract's schema and the Idempotency-Key must agree with.

    Raises:
        ProblemError: the body is not JSON, does not match the schema, or has another key than the header.
    """
    document = parse_json(body)
    if violations := find_violations(document):
        raise ProblemError(400, "not-as-agreed", f"The body does not match docs/contracts/{schema}.", violations)
    if request.headers.get("idempotency-key") != document[key]:
        raise ProblemError(400, "key-mismatch", f"The header Idempotency-Key must be present and equal the {key}.")
    return document


def build_receipt(simulator: SimulatorParts[Any], receipt: Document, answer: bytes | None) -> Response:
    """Responds with the answer, or with 202 and the receipt when the answer comes later, or loses the response."""
    if simulator.faults.should_inject(simulator.faults.current.lose_response_share):
        return AbortedResponse()
    if answer is not None:
        return RawJsonResponse(answer)
    return JsonResponse({"status": "received", **receipt}, 202)

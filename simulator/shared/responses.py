"""How the simulator answers: JSON, RFC 9457 problems, and, for the sake of a fault, not at all."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from simulator.shared.contract import Document, Violation
from simulator.shared.paging import InvalidPageError

_OBJECT = TypeAdapter(dict[str, Any])


class JsonResponse(Response):
    """orjson instead of Starlette's json: this is the hot path."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)


class RawJsonResponse(Response):
    """JSON that is already bytes, as the store has it."""

    media_type = "application/json"


class AbortedResponse(Response):
    """Cuts the connection instead of answering. Returns once it is cut, lest uvicorn fills the gap with a 500."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["cut"]()
        while (await receive())["type"] != "http.disconnect":
            pass


def build_problem(status: int, slug: str, detail: str, flaws: Sequence[Violation] = ()) -> Response:
    """One problem; `slug` ends its type, and tells a program what the title tells a person."""
    body: dict[str, Any] = {
        "type": f"urn:simulator:problem:{slug}",
        "title": slug.replace("-", " ").capitalize(),
        "status": status,
        "detail": detail,
    }
    if flaws:
        body["errors"] = [flaw.to_document() for flaw in flaws]
    return Response(orjson.dumps(body), status, media_type="application/problem+json")


async def handle_http_error(_: Request, error: Exception) -> Response:
    """What Starlette refuses by itself: an unknown path, a wrong method."""
    status = HTTPStatus(error.status_code) if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
    slug = status.phrase.lower().replace(" ", "-")
    answer = build_problem(status, slug, status.description or status.phrase)
    if isinstance(error, HTTPException):
        answer.headers.update(error.headers or {})
    return answer


def parse_object(body: bytes) -> Document:
    """A JSON object, read.

    Raises:
        orjson.JSONDecodeError, pydantic.ValidationError: it is none.
    """
    return _OBJECT.validate_python(orjson.loads(body))


async def handle_invalid_input(_: Request, error: Exception) -> Response:
    """What the models say is wrong, as a problem."""
    if isinstance(error, ValidationError):
        flaws = [Violation("".join(f"/{part}" for part in one["loc"]), one["msg"]) for one in error.errors()]
        return build_problem(400, "not-understood", "The body says something that this door does not know.", flaws)
    if isinstance(error, InvalidPageError):
        return build_problem(400, "not-understood", "The page asked for is none.", [error.violation])
    return build_problem(400, "malformed-json", "The body is not JSON.")

"""The simulators' responses: JSON, RFC 9457 problems and, as a fault, a connection that is cut."""

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
    """Uses orjson instead of Starlette's json, for speed."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)


class RawJsonResponse(Response):
    """Sends JSON that is bytes already, as the store has it."""

    media_type = "application/json"


class AbortedResponse(Response):
    """Cuts the connection. It returns only once it is cut, or uvicorn would send a 500 instead."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["abort"]()
        while (await receive())["type"] != "http.disconnect":
            pass


class ProblemError(Exception):
    """Ends a request with a problem; the arguments are those of `build_problem`."""

    def __init__(self, status: int, slug: str, detail: str, violations: Sequence[Violation] = ()) -> None:
        super().__init__(detail)
        self.response = build_problem(status, slug, detail, violations)


def build_problem(status: int, slug: str, detail: str, violations: Sequence[Violation] = ()) -> Response:
    """Builds a problem document; `slug` ends its type, from which a program recognizes it."""
    body: dict[str, Any] = {
        "type": f"urn:simulator:problem:{slug}",
        "title": slug.replace("-", " ").capitalize(),
        "status": status,
        "detail": detail,
    }
    if violations:
        body["errors"] = [violation.to_document() for violation in violations]
    return Response(orjson.dumps(body), status, media_type="application/problem+json")


def parse_json(body: bytes) -> Any:
    """Returns the JSON value in the body.

    Raises:
        ProblemError: the body is not JSON.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        detail = f"The body is not JSON: {error.msg} (at {error.pos})."
        raise ProblemError(400, "malformed-json", detail) from error


def parse_object(body: bytes) -> Document:
    """Returns the JSON object in the body.

    Raises:
        orjson.JSONDecodeError, pydantic.ValidationError: the body is something else.
    """
    return _OBJECT.validate_python(orjson.loads(body))


async def handle_problem(_: Request, error: Exception) -> Response:
    """Responds with the problem that an endpoint raised."""
    if not isinstance(error, ProblemError):
        raise error
    return error.response


async def handle_http_error(_: Request, error: Exception) -> Response:
    """Responds to what Starlette itself refuses: an unknown path or a wrong method."""
    status = HTTPStatus(error.status_code) if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
    slug = status.phrase.lower().replace(" ", "-")
    response = build_problem(status, slug, status.description or status.phrase)
    if isinstance(error, HTTPException):
        response.headers.update(error.headers or {})
    return response


async def handle_invalid_input(_: Request, error: Exception) -> Response:
    """Responds to a body or a query that the models refuse."""
    if isinstance(error, ValidationError):
        violations = [Violation("".join(f"/{part}" for part in one["loc"]), one["msg"]) for one in error.errors()]
        return build_problem(400, "not-understood", "The body has fields or values that are invalid here.", violations)
    if isinstance(error, InvalidPageError):
        return build_problem(400, "not-understood", "The query asks for an invalid page.", [error.violation])
    return build_problem(400, "malformed-json", "The body is not JSON.")

"""RFC 9457 problem documents: the one place that maps errors to HTTP answers."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from models.errors import (
    Conflict,
    Forbidden,
    GridenrollError,
    Invalid,
    NotFound,
    OutcomeUnknown,
    Pointer,
    StaleVersion,
    Unauthenticated,
    Unavailable,
)
from wording.findings.validation import describe_pydantic_error, describe_pydantic_errors

log = structlog.get_logger()

PROBLEM_TYPE_BASE = "https://gridenroll.example/problems"
"""What the `type` of every problem begins with; docs/problems.md has a section for each code."""

MEDIA_TYPE = "application/problem+json"

_STATUSES: tuple[tuple[type[GridenrollError], int, str], ...] = (
    (Invalid, 422, "Invalid request"),
    (Unauthenticated, 401, "Authentication required"),
    (NotFound, 404, "Not found"),
    (Forbidden, 403, "Not allowed"),
    (Conflict, 409, "Conflict"),
    (StaleVersion, 412, "Changed in the meantime"),
    (Unavailable, 503, "Temporarily unavailable"),
    (OutcomeUnknown, 503, "Temporarily unavailable"),
)
_MAXIMUM_POINTERS = 100
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="gridenroll"'}
_SEND_JSON_FIX = "Send one JSON document in UTF-8."
_SCHEMA_FIX = "Send a document of the form that /openapi.json describes."


class _FrameworkError(NamedTuple):
    code: str
    title: str
    fix: str


_FRAMEWORK_ERRORS = {
    400: _FrameworkError(
        "the-request-cannot-be-read",
        "The request cannot be read",
        "Check what the client, or a proxy in between, really sends.",
    ),
    404: _FrameworkError("not-found", "Not found", "See /docs or /openapi.json for all endpoints."),
    405: _FrameworkError("not-possible-here", "Method not allowed", "See /docs for the methods of this endpoint."),
    413: _FrameworkError("too-large", "Too large", "Send it in several parts."),
}
"""What the web framework rejects by itself, by status."""

_OTHER_FRAMEWORK_ERROR = _FrameworkError(
    "the-request-was-not-taken",
    "The request was rejected",
    "Look up the status, and change the request accordingly.",
)
_UNREADABLE_BODIES: dict[type[BaseException] | type[None], tuple[str, str, str]] = {
    UnicodeDecodeError: ("malformed-json", "The body is not UTF-8.", _SEND_JSON_FIX),
    RecursionError: ("the-request-cannot-be-read", "The body is nested too deeply.", _SCHEMA_FIX),
    ValueError: ("the-request-cannot-be-read", "The body has a number with too many digits.", _SCHEMA_FIX),
}
"""Code, detail and fix, by the error that kept the framework from reading a body."""


class FieldError(BaseModel):
    """One invalid place in the request."""

    pointer: str
    detail: str


class Problem(BaseModel):
    """RFC 9457 problem details. `type` ends in `#` and a stable code; `fix` says what to do."""

    type: str
    title: str
    status: int
    detail: str
    fix: str
    errors: list[FieldError] = []


def build_problem_response(
    status: int,
    code: str,
    title: str,
    detail: str,
    fix: str,
    pointers: Sequence[Pointer] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    """Returns a response with a problem document."""
    body: dict[str, Any] = {
        "type": f"{PROBLEM_TYPE_BASE}#{code}",
        "title": title,
        "status": status,
        "detail": detail[:2000],
        "fix": fix,
    }
    if pointers:
        body["errors"] = [{"pointer": one.pointer, "detail": one.detail[:500]} for one in pointers[:_MAXIMUM_POINTERS]]
    return Response(orjson.dumps(body), status, headers, media_type=MEDIA_TYPE)


def _handle_gridenroll_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, GridenrollError):
        raise error
    status, title = next(
        ((status, title) for kind, status, title in _STATUSES if isinstance(error, kind)), (500, "Internal error")
    )
    headers = {401: _CHALLENGE, 503: {"Retry-After": "2"}}.get(status)
    return build_problem_response(status, error.code, title, error.detail, error.fix, error.pointers, headers)


def _handle_validation_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    if isinstance(error.body, bytes):
        # The framework leaves a body as bytes when its content type does not say that it is JSON.
        content_type = request.headers.get("content-type", "")[:100] or "not given"
        detail = f"The body's content type is {content_type}; this endpoint accepts JSON."
        return build_problem_response(
            415, "unknown-content-type", "Unknown content type", detail, "Send Content-Type: application/json."
        )
    for fault in error.errors():
        if fault["type"] == "json_invalid":
            detail = f"The body is not JSON: {fault['ctx']['error']} at character {fault['loc'][-1]}."
            return build_problem_response(400, "malformed-json", _FRAMEWORK_ERRORS[400].title, detail, _SEND_JSON_FIX)
    pointers = [_build_pointer(error.body, fault) for fault in error.errors() if not _is_consequence(fault)]
    return build_problem_response(
        422,
        "invalid",
        "Invalid request",
        f"The request has {len(pointers)} error(s); nothing was stored.",
        "Correct what the pointers name; /openapi.json describes each field.",
        pointers,
    )


def _is_consequence(fault: Any) -> bool:
    """Whether this only follows from other errors: a list without its invalid items counts as too short."""
    return fault["type"] == "too_short" and len(fault["input"]) >= fault["ctx"]["min_length"]


def _build_pointer(body: Any, fault: Any) -> Pointer:
    """Returns a JSON pointer into the body, or `query/limit`, `header/…` or `path/…` for the other parts."""
    source, *steps = fault["loc"]
    if source != "body":
        return Pointer("/".join(map(str, fault["loc"])), describe_pydantic_error(fault))
    if body is None:
        return Pointer("", "The body is missing")
    return describe_pydantic_errors(body, [fault | {"loc": tuple(steps)}])[0]


def _handle_http_exception(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    status, headers = error.status_code, dict(error.headers or {})
    code, title, fix = _FRAMEWORK_ERRORS.get(status, _OTHER_FRAMEWORK_ERROR)
    detail = str(error.detail)
    if status == HTTPStatus.BAD_REQUEST:
        code, detail, fix = _UNREADABLE_BODIES.get(type(error.__cause__), (code, detail, fix))
    elif status == HTTPStatus.NOT_FOUND:
        detail = f"There is no endpoint {request.url.path[:200]}."
    elif status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers = {"Allow": _list_allowed_methods(request, headers.get("Allow", ""))}
        detail = f"{request.url.path[:200]} does not support {request.method}."
        fix = f"It supports {headers['Allow']}; /docs says what each does."
    return build_problem_response(status, code, title, detail, fix, headers=headers)


def _list_allowed_methods(request: Request, named: str) -> str:
    """Returns the methods of all routes with this path. The framework names those of one route only."""
    path_item = request.app.openapi()["paths"].get(getattr(request.scope.get("route"), "path", ""), {})
    return ", ".join(sorted(method.upper() for method in path_item)) or named


async def _handle_unexpected_error(request: Request, error: Exception) -> Response:
    # This is a coroutine because the framework calls a plain function on another thread, which has no traceback.
    log.exception("unexpected error", path=request.url.path)
    detail = "Something went wrong on our side. It is in our log."
    return build_problem_response(500, "internal", "Internal error", detail, "Try again.")


def install_error_handlers(app: FastAPI) -> None:
    """Make the application answer every error with a problem document."""
    app.add_exception_handler(GridenrollError, _handle_gridenroll_error)
    app.add_exception_handler(RequestValidationError, _handle_validation_error)
    app.add_exception_handler(HTTPException, _handle_http_exception)
    app.add_exception_handler(Exception, _handle_unexpected_error)

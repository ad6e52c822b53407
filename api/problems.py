"""Every error as RFC 9457 problem details: what, where, what to do. The only place where errors meet HTTP."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

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
from models.validation import describe_pydantic_error, locate_pydantic_error

log = structlog.get_logger()

PROBLEM_TYPE_BASE = "https://gridenroll.example/problems"
"""What a problem's `type` begins with; docs/problems.md has a section for each."""

_STATUSES: tuple[tuple[type[GridenrollError], int, str], ...] = (
    (Invalid, 422, "The request cannot be taken as it is"),
    (Unauthenticated, 401, "Who are you?"),
    (NotFound, 404, "Not found"),
    (Forbidden, 403, "Not allowed"),
    (Conflict, 409, "Conflict"),
    (StaleVersion, 412, "Changed meanwhile"),
    (Unavailable, 503, "Not available for the moment"),
    (OutcomeUnknown, 503, "Not available for the moment"),
)
_MAXIMUM_POINTERS = 100
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="gridenroll"'}
_FRAMEWORK_ERRORS = {
    400: ("The request cannot be read", "Look at what the client, or a proxy between, really sends."),
    404: ("Not found", "See /docs, or /openapi.json, for every door there is."),
    405: ("Not possible here", "See /docs for what the door takes."),
    413: ("Too large", "Send it in several parts."),
}
"""Titles, and what to do, of what the framework refuses by itself."""
_OTHER_FRAMEWORK_ERROR = ("The request was not taken", "Look the status up, and change the request accordingly.")
_SEND_JSON_FIX = "Send one JSON document in UTF-8."
_SCHEMA_FIX = "Send a document of the form that /openapi.json describes."
_UNREADABLE_BODIES: dict[type[BaseException] | type[None], tuple[str, str, str]] = {
    UnicodeDecodeError: ("malformed-json", "The body is not UTF-8.", _SEND_JSON_FIX),
    RecursionError: ("the-request-cannot-be-read", "The body is nested too deep.", _SCHEMA_FIX),
    ValueError: ("the-request-cannot-be-read", "The body has a number of too many digits.", _SCHEMA_FIX),
}
"""Code, detail and fix by what kept the framework from reading a body."""


class FieldError(BaseModel):
    """One place in the document that was sent."""

    pointer: str
    detail: str


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    fix: str
    errors: list[FieldError] = []


def problem(
    status: int,
    code: str,
    title: str,
    detail: str,
    fix: str,
    pointers: Sequence[Pointer] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    """A problem document as a response."""
    body: dict[str, Any] = {
        "type": f"{PROBLEM_TYPE_BASE}#{code}",
        "title": title,
        "status": status,
        "detail": detail[:2000],
        "fix": fix,
    }
    if pointers:
        body["errors"] = [{"pointer": one.pointer, "detail": one.detail[:500]} for one in pointers[:_MAXIMUM_POINTERS]]
    return Response(orjson.dumps(body), status, headers, media_type="application/problem+json")


def _handle_gridenroll_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, GridenrollError):
        raise error
    status, title = next(
        ((status, title) for kind, status, title in _STATUSES if isinstance(error, kind)), (500, "Fault")
    )
    headers = {401: _CHALLENGE, 503: {"Retry-After": "2"}}.get(status)
    return problem(status, error.code, title, error.detail, error.fix, error.pointers, headers)


def _handle_validation_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    if isinstance(error.body, bytes):
        # So it stays when its content type does not say that it is JSON.
        sent = request.headers.get("content-type", "")[:100]
        detail = f"The body is said to be {sent or 'nothing in particular'}; every door here takes JSON."
        return problem(
            415, "unknown-content-type", "Unknown content type", detail, "Send Content-Type: application/json."
        )
    for fault in error.errors():
        if fault["type"] == "json_invalid":
            detail = f"The body is not JSON: {fault['ctx']['error']} at character {fault['loc'][-1]}."
            return problem(400, "malformed-json", _FRAMEWORK_ERRORS[400][0], detail, _SEND_JSON_FIX)
    pointers = [_build_pointer(error.body, fault) for fault in error.errors() if not _is_consequence(fault)]
    return problem(
        422,
        "invalid",
        "The request cannot be taken as it is",
        f"{len(pointers)} part(s) of the request are not as agreed; nothing was stored.",
        "Correct what the pointers name; /openapi.json describes each field.",
        pointers,
    )


def _is_consequence(fault: Any) -> bool:
    """A list whose items are refused counts as too short, whatever was sent: the items are told of already."""
    return fault["type"] == "too_short" and len(fault["input"]) >= fault["ctx"]["min_length"]


def _build_pointer(body: Any, fault: Any) -> Pointer:
    """Into the body, or `query/limit`, `header/…`, `path/…` for the rest."""
    source, *steps = fault["loc"]
    if source != "body":
        return Pointer("/".join(map(str, fault["loc"])), describe_pydantic_error(fault))
    return (
        locate_pydantic_error(body, fault | {"loc": tuple(steps)})
        if body is not None
        else Pointer("", "The body is missing")
    )


def _handle_http_exception(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    status, headers = error.status_code, dict(error.headers or {})
    title, fix = _FRAMEWORK_ERRORS.get(status, _OTHER_FRAMEWORK_ERROR)
    code, detail = title.lower().replace(" ", "-"), str(error.detail)
    if status == HTTPStatus.BAD_REQUEST:
        code, detail, fix = _UNREADABLE_BODIES.get(type(error.__cause__), (code, detail, fix))
    elif status == HTTPStatus.NOT_FOUND:
        detail = f"There is no door {request.url.path[:200]}."
    elif status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers = {"Allow": _list_allowed_methods(request, headers.get("Allow", ""))}
        detail = f"{request.method} is not possible at {request.url.path[:200]}."
        fix = f"The door takes {headers['Allow']}; /docs says what each does."
    return problem(status, code, title, detail, fix, headers=headers)


def _list_allowed_methods(request: Request, named: str) -> str:
    """All that the door takes: the framework names those of one route only, and a door may have several."""
    described = request.app.openapi()["paths"].get(getattr(request.scope.get("route"), "path", ""), {})
    return ", ".join(sorted(method.upper() for method in described)) or named


async def _handle_unexpected_error(request: Request, error: Exception) -> Response:
    # A coroutine, for a plain function is called on another thread, where the traceback is not to be had.
    log.exception("a fault of ours", path=request.url.path)
    return problem(500, "internal", "A fault of ours", "Something went wrong on our side; it was noted.", "Try again.")


def install_error_handlers(app: FastAPI) -> None:
    """Maps every error there is."""
    app.add_exception_handler(GridenrollError, _handle_gridenroll_error)
    app.add_exception_handler(RequestValidationError, _handle_validation_error)
    app.add_exception_handler(HTTPException, _handle_http_exception)
    app.add_exception_handler(Exception, _handle_unexpected_error)

"""Every error as RFC 9457 problem details: what, where, what to do. The only place where errors meet HTTP."""

from collections.abc import Sequence
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
    Unavailable,
)

log = structlog.get_logger()

PAGES = "https://gridenroll.example/problems"
"""What a problem's `type` begins with; docs/problems.md has a section for each."""

_STATUS: tuple[tuple[type[GridenrollError], int, str], ...] = (
    (Invalid, 422, "The request cannot be taken as it is"),
    (NotFound, 404, "Not found"),
    (Forbidden, 403, "Not allowed"),
    (Conflict, 409, "Conflict"),
    (StaleVersion, 412, "Changed meanwhile"),
    (Unavailable, 503, "Not available for the moment"),
    (OutcomeUnknown, 503, "Not available for the moment"),
)
_POINTERS = 100
_TITLES = {
    400: "The request cannot be read",
    401: "Who are you?",
    404: "Not found",
    405: "Not possible here",
    413: "Too large",
    415: "Unknown content type",
}


class Fault(BaseModel):
    """One place in the document that was sent."""

    pointer: str
    detail: str


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    fix: str = ""
    errors: list[Fault] = []


def problem(
    status: int,
    code: str,
    title: str,
    detail: str,
    fix: str = "",
    pointers: Sequence[Pointer] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    """A problem document as a response."""
    body: dict[str, Any] = {"type": f"{PAGES}#{code}", "title": title, "status": status, "detail": detail[:2000]}
    if fix:
        body["fix"] = fix
    if pointers:
        body["errors"] = [{"pointer": one.pointer, "detail": one.detail[:500]} for one in pointers[:_POINTERS]]
    return Response(orjson.dumps(body), status, headers, media_type="application/problem+json")


def _ours(request: Request, error: Exception) -> Response:
    if not isinstance(error, GridenrollError):
        raise error
    status, title = next(
        ((status, title) for kind, status, title in _STATUS if isinstance(error, kind)), (500, "Fault")
    )
    headers = {"Retry-After": "2"} if status == 503 else None
    return problem(status, error.code, title, error.detail, error.fix, error.pointers, headers)


def _unreadable(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    faults = error.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        return problem(400, "malformed-json", _TITLES[400], "The body is not JSON.", "Send one JSON document in UTF-8.")
    pointers = [Pointer(_pointer(fault["loc"]), str(fault["msg"])) for fault in faults]
    return problem(
        422,
        "invalid",
        "The request cannot be taken as it is",
        f"{len(faults)} part(s) of the request are not as agreed; nothing was stored.",
        "Correct what the pointers name; /openapi.json describes each field.",
        pointers,
    )


def _pointer(location: Sequence[int | str]) -> str:
    """A JSON pointer into the body, or `query/limit`, `header/…`, `path/…` for the rest."""
    source, *rest = location
    steps = "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in rest)
    return f"/{steps}" if source == "body" else f"{source}/{steps}"


def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    title = _TITLES.get(error.status_code, "The request was not taken")
    code = title.lower().rstrip("?").replace(" ", "-")
    return problem(error.status_code, code, title, str(error.detail), headers=dict(error.headers or {}))


async def _fault(request: Request, error: Exception) -> Response:
    # A coroutine, for a plain function is called on another thread, where the traceback is not to be had.
    log.exception("a fault of ours", path=request.url.path)
    return problem(500, "internal", "A fault of ours", "Something went wrong on our side; it was noted.", "Try again.")


def install(app: FastAPI) -> None:
    """Maps every error there is."""
    app.add_exception_handler(GridenrollError, _ours)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _fault)

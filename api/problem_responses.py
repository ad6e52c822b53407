"""The error responses in the OpenAPI document, each an RFC 9457 problem with an example.

A route names what is special to it (`responses=problem_responses(404, 409)`); api/openapi.py adds what follows from its
security, its body and its parameters.
"""

from http import HTTPStatus
from typing import Any, NamedTuple

from api.problems import MEDIA_TYPE, PROBLEM_TYPE_BASE


class _Documented(NamedTuple):
    description: str
    code: str
    title: str
    detail: str
    fix: str
    errors: tuple[dict[str, str], ...] = ()


_PROBLEMS: dict[int, _Documented] = {
    HTTPStatus.BAD_REQUEST: _Documented(
        "The body cannot be read as JSON.",
        "malformed-json",
        "The request cannot be read",
        "The body is not JSON: Expecting value at character 15.",
        "Send one JSON document in UTF-8.",
    ),
    HTTPStatus.UNAUTHORIZED: _Documented(
        "The request carries no valid credentials.",
        "who-are-you",
        "Authentication required",
        "The request carries no bearer token.",
        "Send the header Authorization: Bearer <token>; `gridenroll up` prints the token in force.",
    ),
    HTTPStatus.NOT_FOUND: _Documented(
        "An id in the path or the body does not exist.",
        "not-found",
        "Not found",
        "There is no enrollment enr_01k5w3zt8be9atvs7xwcq5n8gm.",
        "GET /v1/program-enrollments lists them.",
    ),
    HTTPStatus.CONFLICT: _Documented(
        "The request contradicts the current state.",
        "illegal-transition",
        "Conflict",
        "shp_01m8gjc2fheeca7m7k3vs6rd84 is confirmed and cannot become returned.",
        "From confirmed can follow: cancelled, delivered. The links of its view say what can be done now.",
    ),
    HTTPStatus.PRECONDITION_FAILED: _Documented(
        "Somebody else has changed it since the version that If-Match names.",
        "stale-version",
        "Changed in the meantime",
        "Somebody else saved this process flow: it is at version 4, not 3.",
        "Read it again, repeat your change on it, and save that.",
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _Documented(
        "The body is too large.",
        "too-large",
        "Too large",
        "A body may have 4194304 bytes at most.",
        "Send it in several parts.",
    ),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: _Documented(
        "The body is not declared as JSON.",
        "unknown-content-type",
        "Unknown content type",
        "The body's content type is text/plain; this endpoint accepts JSON.",
        "Send Content-Type: application/json.",
    ),
    HTTPStatus.UNPROCESSABLE_ENTITY: _Documented(
        "The body or a parameter is invalid; `errors` points at each place.",
        "invalid",
        "Invalid request",
        "The request has 1 error(s); nothing was stored.",
        "Correct what the pointers name; /openapi.json describes each field.",
        ({"pointer": "query/limit", "detail": "Input should be less than or equal to 200"},),
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: _Documented(
        "The database does not answer at the moment.",
        "database-unavailable",
        "Temporarily unavailable",
        "The database cannot be reached or is overloaded.",
        "Send the same again; GET /readyz says which part is away.",
    ),
}


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Returns the OpenAPI responses for these error statuses."""
    return {int(status): _describe(status, _PROBLEMS[status]) for status in statuses}


def _describe(status: int, documented: _Documented) -> dict[str, Any]:
    example: dict[str, Any] = {
        "type": f"{PROBLEM_TYPE_BASE}#{documented.code}",
        "title": documented.title,
        "status": int(status),
        "detail": documented.detail,
        "fix": documented.fix,
    }
    if documented.errors:
        example["errors"] = list(documented.errors)
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}}
    return {"description": documented.description, "content": content}

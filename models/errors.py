"""What can go wrong, as a person should read it.

GridenrollError(code, detail, fix, pointers)
├─ Invalid 422
├─ Unauthenticated 401
├─ NotFound 404           also when it exists and is not yours
├─ Forbidden 403
├─ Conflict 409
│  ├─ IllegalTransition
│  └─ ContentMismatch
├─ StaleVersion 412
└─ ExternalError
   ├─ Unavailable         retried; 503 at the API
   ├─ Refused             permanent; parked for a person
   └─ OutcomeUnknown      ask for the status, then resend with the same key

Each `code` is stable and has a page section in docs/problems.md; each `fix` is what helps in general, where nothing
better is said. Texts never carry personal data.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Pointer(NamedTuple):
    """One place in the caller's document: a JSON pointer, and what is wrong there."""

    pointer: str
    detail: str


class GridenrollError(Exception):
    """The base class of all our errors."""

    code = "internal"
    fix = "Try again; if it stays, report it with the time and the lines of the log."

    def __init__(self, detail: str, *, fix: str = "", code: str = "", pointers: Sequence[Pointer] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fix = fix or self.fix
        self.code = code or self.code
        self.pointers = tuple(pointers)


class Invalid(GridenrollError):
    """What was sent cannot be taken as it is."""

    code = "invalid"
    fix = "Correct what the pointers name; /openapi.json describes each field."


class Unauthenticated(GridenrollError):
    """Nobody knows who asks."""

    code = "who-are-you"
    fix = "Send the header Authorization: Bearer <token>."


class NotFound(GridenrollError):
    """There is no such thing, or it is not the caller's to see."""

    code = "not-found"
    fix = "Look for it in its list: GET the same path without the id."


class Forbidden(GridenrollError):
    """The caller is known and may not do this."""

    code = "forbidden"
    fix = "Ask somebody who may."


class Conflict(GridenrollError):
    """It contradicts what is already there."""

    code = "conflict"
    fix = "Read it again: its view says how it stands, and what can be done."


class IllegalTransition(Conflict):
    """The thing is in a state from which this cannot be done."""

    code = "illegal-transition"


class ContentMismatch(Conflict):
    """The same key was used before with other content."""

    code = "content-mismatch"


class StaleVersion(GridenrollError):
    """Somebody else changed it since it was read."""

    code = "stale-version"
    fix = "Read it again, repeat the change on it, and send that."


class ExternalError(GridenrollError):
    """Another system did not do as asked."""

    code = "external"
    fix = "Read the detail, then the log of the API or the worker at that time."


class Unavailable(ExternalError):
    """The other system is down or overloaded; asking again is safe and right."""

    code = "unavailable"
    fix = "Send the same again; GET /readyz says which part is away."


class Refused(ExternalError):
    """The other system will not take this, however often it is asked."""

    code = "refused"
    fix = "Correct what the other system refuses; the detail has its words."


class OutcomeUnknown(ExternalError):
    """The question was sent and no answer came: it may have been done."""

    code = "outcome-unknown"
    fix = "Send the same again: under the same key nothing happens twice."

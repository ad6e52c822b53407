"""Lists in pages: `limit` and `cursor` in, `items` and `next_cursor` out."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from simulator.shared.contract import Document, Violation

_DEFAULT_LIMIT = 50
_MAX_LIMIT = 200


class InvalidPageError(ValueError):
    """A limit or a cursor that is none."""

    def __init__(self, flaw: Violation) -> None:
        super().__init__(flaw.detail)
        self.violation = flaw


@dataclass(frozen=True, slots=True)
class Page:
    """Where to go on, and how far."""

    cursor: str
    limit: int

    def to_document(self, found: list[Document], cursor_of: Callable[[Document], str]) -> Document:
        """`found` holds one more than the limit when there is a next page."""
        items = found[: self.limit]
        return {"items": items, "next_cursor": cursor_of(items[-1]) if len(found) > self.limit else None}


def parse_page(request: Request) -> Page:
    """What the query asks for.

    Raises:
        BadPageError: the limit is not a number from 1 to 200.
    """
    text = request.query_params.get("limit", str(_DEFAULT_LIMIT))
    limit = int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else 0
    if not 1 <= limit <= _MAX_LIMIT:
        raise InvalidPageError(Violation("/limit", f"must be a number from 1 to {_MAX_LIMIT}"))
    return Page(request.query_params.get("cursor", ""), limit)

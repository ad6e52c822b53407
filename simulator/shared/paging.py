"""Pages of lists: `limit` and `cursor` in the query, `items` and `next_cursor` in the response."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from simulator.shared.contract import Document, Violation

_DEFAULT_LIMIT = 50
_MAX_LIMIT = 200


class InvalidPageError(ValueError):
    """The query has an invalid limit or cursor."""

    def __init__(self, violation: Violation) -> None:
        super().__init__(violation.detail)
        self.violation = violation

    @classmethod
    def for_cursor(cls) -> "InvalidPageError":
        return cls(Violation("/cursor", "is not a cursor of this list"))


@dataclass(frozen=True, slots=True)
class Page:
    """The part of a list that a request asks for: what follows the cursor, up to the limit."""

    cursor: str
    limit: int

    def to_document(self, found: list[Document], get_cursor: Callable[[Document], str]) -> Document:
        """Returns the page; `found` holds one item more than the limit when another page follows."""
        items = found[: self.limit]
        return {"items": items, "next_cursor": get_cursor(items[-1]) if len(found) > self.limit else None}


def parse_page(request: Request) -> Page:
    """Reads the page from the query.

    Raises:
        InvalidPageError: the limit is not a number from 1 to 200.
    """
    text = request.query_params.get("limit", str(_DEFAULT_LIMIT))
    limit = int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else 0
    if not 1 <= limit <= _MAX_LIMIT:
        raise InvalidPageError(Violation("/limit", f"must be a number from 1 to {_MAX_LIMIT}"))
    return Page(request.query_params.get("cursor", ""), limit)

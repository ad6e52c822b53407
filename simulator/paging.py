"""Lists in pages: `limit` and `cursor` in, `items` and `next_cursor` out."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from simulator.contract import Document, Flaw

_USUAL = 50
_MOST = 200


class BadPageError(ValueError):
    """A limit or a cursor that is none."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.detail)
        self.flaw = flaw


@dataclass(frozen=True, slots=True)
class Page:
    """Where to go on, and how far."""

    cursor: str
    limit: int

    def document(self, found: list[Document], cursor_of: Callable[[Document], str]) -> Document:
        """`found` holds one more than the limit when there is a next page."""
        items = found[: self.limit]
        return {"items": items, "next_cursor": cursor_of(items[-1]) if len(found) > self.limit else None}


def page_of(request: Request) -> Page:
    """What the query asks for.

    Raises:
        BadPageError: the limit is not a number from 1 to 200.
    """
    text = request.query_params.get("limit", str(_USUAL))
    limit = int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else 0
    if not 1 <= limit <= _MOST:
        raise BadPageError(Flaw("/limit", f"must be a number from 1 to {_MOST}"))
    return Page(request.query_params.get("cursor", ""), limit)

"""Cursor pagination over ids, which sort by time: a page stays right while rows are added."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from models.errors import Invalid, Pointer
from models.views.view import Page, View
from wording.problems.not_found import Kind, not_found

V = TypeVar("V", bound=View)


def encode_cursor(last_id: str) -> str:
    """The cursor that leads on after this id."""
    return base64.urlsafe_b64encode(last_id.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    """The id in a cursor.

    Raises:
        Invalid: it is none that we gave out.
    """
    try:
        found = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise invalid_cursor() from error
    if not found.isprintable() or encode_cursor(found) != cursor:
        raise invalid_cursor()
    return found


def invalid_cursor() -> Invalid:
    """The error that says so."""
    return Invalid(
        "The cursor is none that was given out.",
        fix="Pass next_cursor of the page before as it is, or none to begin.",
        code="invalid-cursor",
        pointers=[Pointer("query/cursor", "not a cursor of this list")],
    )


async def fetch_page(
    session: AsyncSession,
    statement: Select[Any],
    key: Any,
    view: Callable[[Any], V],
    *,
    limit: int,
    cursor: str | None,
    **equal: Any,
) -> Page[V]:
    """A page of what a statement finds, newest first, as `view` shows it; of `equal`, what is None is not asked for."""
    rows, more = await fetch_newest_first(session, filter_by_given(statement, **equal), key, limit=limit, cursor=cursor)
    return Page(items=tuple(map(view, rows)), next_cursor=more)


def filter_by_given(statement: Select[Any], **equal: Any) -> Select[Any]:
    """The statement for what has these values; what is None is not asked for."""
    return statement.filter_by(**{name: value for name, value in equal.items() if value is not None})


async def fetch_newest_first(
    session: AsyncSession, statement: Select[Any], key: Any, *, limit: int, cursor: str | None
) -> tuple[Sequence[Any], str | None]:
    """The rows of a page, and the cursor that leads on if there are more."""
    if cursor is not None:
        statement = statement.where(key < decode_cursor(cursor))
    rows = (await session.scalars(statement.order_by(key.desc()).limit(limit + 1))).all()
    return rows[:limit], encode_cursor(getattr(rows[limit - 1], key.key)) if len(rows) > limit else None


async def get_one(
    session: AsyncSession, statement: Select[Any], key: Any, wanted: str | int, kind: Kind, *, batch: str = ""
) -> Any:
    """The row of that id.

    Raises:
        NotFound: the statement, which says what the scope may see, finds none.
    """
    row = await session.scalar(statement.where(key == wanted))
    if row is None:
        raise not_found(kind, wanted, batch=batch)
    return row

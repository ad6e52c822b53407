"""Cursor pagination over ids, which sort by time: a page stays right while rows are added."""

import base64
import binascii
from typing import Any

from sqlalchemy import Select

from models.errors import Invalid, Pointer


def encode(last_id: str) -> str:
    """The cursor that leads on after this id."""
    return base64.urlsafe_b64encode(last_id.encode()).decode().rstrip("=")


def decode(cursor: str) -> str:
    """The id in a cursor.

    Raises:
        Invalid: it is none that we gave out.
    """
    try:
        found = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise not_ours() from error
    if not found.isprintable() or encode(found) != cursor:
        raise not_ours()
    return found


def not_ours() -> Invalid:
    """The error that says so."""
    return Invalid(
        "The cursor is none that was given out.",
        fix="Pass next_cursor of the page before as it is, or none to begin.",
        code="invalid-cursor",
        pointers=[Pointer("/cursor", "not a cursor of this list")],
    )


def newest_first(statement: Select[Any], key: Any, limit: int, cursor: str | None) -> Select[Any]:
    """One row more than a page, so that it is known whether it goes on."""
    if cursor is not None:
        statement = statement.where(key < decode(cursor))
    return statement.order_by(key.desc()).limit(limit + 1)

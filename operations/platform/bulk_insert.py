"""Writing rows as sets: one constant statement a table, the rows as one JSON parameter, however many there are.

A constant statement is compiled and planned once; measured, that is most of what a write costs.
"""

from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import Table

from models.tables.columns import TableRow


def get_table(model: type[TableRow]) -> Table:
    """The table behind a model."""
    return model.metadata.tables[model.__tablename__]


def build_insert(model: type[TableRow], parameter: str) -> str:
    """SQL that inserts every row of the JSON array in this parameter; each row names all columns that have no value of
    the database's own."""
    table = get_table(model)
    columns = ", ".join(
        f'"{column.name}"' for column in table.columns if column.identity is None and column.computed is None
    )
    return (
        f"INSERT INTO {table.name} ({columns}) SELECT {columns} "  # noqa: S608 - names of our own tables
        f"FROM jsonb_populate_recordset(NULL::{table.name}, CAST(:{parameter} AS jsonb))"
    )


def to_json(rows: Iterable[dict[str, Any]]) -> str:
    """Rows as such a parameter: instants as ISO 8601, decimals as text."""
    return orjson.dumps(list(rows), default=str).decode()

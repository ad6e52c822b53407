"""Insert rows as sets: one constant statement for each table, the rows as one JSON parameter, however many there are.

A constant statement is compiled and planned once; measured, that is most of what a write costs.
"""

from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import Table

from models.tables.columns import TableRow


def get_table(model: type[TableRow]) -> Table:
    """Return the table behind a model."""
    return model.metadata.tables[model.__tablename__]


def build_insert(model: type[TableRow], parameter: str) -> str:
    """Return SQL that inserts every row of the JSON array in this parameter. Each row names all columns for which the
    database computes no value."""
    table = get_table(model)
    columns = ", ".join(
        f'"{column.name}"' for column in table.columns if column.identity is None and column.computed is None
    )
    return (
        f"INSERT INTO {table.name} ({columns}) SELECT {columns} "  # noqa: S608 - names of our own tables
        f"FROM jsonb_populate_recordset(NULL::{table.name}, CAST(:{parameter} AS jsonb))"
    )


def to_json(rows: Iterable[dict[str, Any]]) -> str:
    """Return rows as such a parameter, with instants as ISO 8601 and decimals as text."""
    return orjson.dumps(list(rows), default=str).decode()

"""Copy what a view shows of a row as it is stored."""

from typing import Any

from models.tables.columns import TableRow
from models.views.view import View

_COLUMNS = {
    "customer": "customer_id",
    "subscription": "subscription_id",
    "enrollment": "enrollment_id",
    "device": "device_id",
}
"""Fields of views that are named otherwise than their columns."""


def copy_columns(row: TableRow, view: type[View]) -> dict[str, Any]:
    """Return the fields of a view that the row has a column for. The caller adds those that are computed."""
    columns = type(row).model_fields
    sources = {field: _COLUMNS.get(field, field) for field in view.model_fields}
    return {field: getattr(row, column) for field, column in sources.items() if column in columns}

"""How the command prints what the API returns: tables, fields, findings and timelines."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.client import Document
from cli.output import out, print_json, print_line

_WIDTH_WITHOUT_TERMINAL = 500
"""A file or a pipe has no width, so nothing is wrapped for it."""

Columns = Mapping[str, Callable[[Document], Any]]
"""Each column's heading, and how its value is read from a document."""


def print_list(document: Document, columns: Columns, *, empty: str, as_json: bool) -> None:
    """Print a list as a table, or as JSON; `empty` is the text for an empty list."""
    if as_json:
        print_json(document)
        return
    if not document["items"]:
        print_line(empty)
        return
    print_table(columns, document["items"])
    if document["next_cursor"]:
        print_line(f"There are more than these {len(document['items'])}; --limit or --all shows them.")


def print_table(columns: Columns, rows: Sequence[Document]) -> None:
    """Print rows under headings, without cutting anything off."""
    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for column in table.columns:
        column.overflow = "fold"
    for row in rows:
        table.add_row(*(escape(_format_cell(read(row))) for read in columns.values()))
    console = out if out.is_terminal else Console(width=_WIDTH_WITHOUT_TERMINAL, highlight=False, emoji=False)
    console.print(table)


def print_fields(document: Document, fields: Columns) -> None:
    """Print the fields of one record, a line each, without the empty ones."""
    width = max(map(len, fields))
    for label, read in fields.items():
        if text := _format_cell(read(document)):
            print_line(f"  {label:<{width}}  {text}")


def print_findings(document: Document) -> None:
    """Print the rules that failed, wait or warn, with what would change that."""
    for finding in (document.get("decision") or {"findings": ()})["findings"]:
        if finding["verdict"] in ("failed", "wait", "warned"):
            print_line(f"  {finding['rule']} {finding['verdict']}: {finding['reason']} {finding['fix']}".rstrip())


def print_timeline(entries: Sequence[Document]) -> None:
    """Print what happened, in order."""
    columns: Columns = {
        "when": instant_field("at"),
        "what": field("what"),
        "why": field("reason"),
        "of": field("subject"),
        "by": field("actor"),
    }
    print_table(columns, entries)


def field(name: str) -> Callable[[Document], Any]:
    """Returns the column of a field."""
    return lambda row: row[name]


def instant_field(name: str) -> Callable[[Document], str]:
    """Returns the column of an instant, in the reader's time zone."""
    return lambda row: format_local_time(row[name])


def format_local_time(value: str | None) -> str:
    """Returns an instant of the API in the reader's time zone, or an empty text for none."""
    return datetime.fromisoformat(value).astimezone().strftime("%Y-%m-%d %H:%M:%S") if value else ""


def format_window(start: str | None, end: str | None) -> str:
    """Returns a time window in the reader's time zone, or an empty text for none."""
    return f"{format_local_time(start)} to {format_local_time(end)}" if start else ""


def parse_instant(text: str) -> str:
    """Returns an instant as the API expects it. Without an offset it is in the reader's time zone.

    Raises:
        BadParameter: the text is not an instant.
    """
    try:
        return datetime.fromisoformat(text).astimezone().isoformat()
    except ValueError:
        raise typer.BadParameter("write it as 2026-06-03T09:00, or with its offset: 2026-06-03T09:00-05:00") from None


def _format_cell(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, cast("list[Any]", value)))
    return "" if value is None else str(value)

"""Lists of the API as a person reads them: pages put together, one table, or words where there is nothing."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, cast

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.client import ApiClient
from cli.output import out, print_json, print_line

_PAGE_SIZE = 200
_WIDTH_WITHOUT_TERMINAL = 500
"""A file or a pipe has no edge: nothing is wrapped for it."""

Document = dict[str, Any]
Columns = Mapping[str, Callable[[Document], Any]]

Limit = Annotated[int, typer.Option(min=1, max=100_000, help="Show so many at most.")]
All = Annotated[bool, typer.Option("--all", help="Show all there are, however many.")]


def fetch_pages(api: ApiClient, path: str, wanted: Mapping[str, Any], limit: int, *, everything: bool) -> Document:
    """The list's document with as many items as are wanted; `next_cursor` leads on if there are more."""
    items: list[Document] = []
    named = {name: value for name, value in wanted.items() if value is not None}
    cursor: str | None = None
    while True:
        size = _PAGE_SIZE if everything else min(_PAGE_SIZE, limit - len(items))
        here = {"cursor": cursor} if cursor else {}
        page = api.request("GET", path, params={**named, **here, "limit": size})
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None or (not everything and len(items) >= limit):
            return {**page, "items": items}


def print_list(document: Document, columns: Columns, *, empty: str, as_json: bool) -> None:
    """A list: its document, a table, or what it means that it is empty."""
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
    """Rows under headings; nothing is cut off."""
    drawn = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for heading in drawn.columns:
        heading.overflow = "fold"
    for row in rows:
        drawn.add_row(*(escape(_format_cell(value(row))) for value in columns.values()))
    paper = out if out.is_terminal else Console(width=_WIDTH_WITHOUT_TERMINAL, highlight=False, emoji=False)
    paper.print(drawn)


def field(name: str) -> Callable[[Document], Any]:
    """The column of a field."""
    return lambda row: row[name]


def instant_field(name: str) -> Callable[[Document], str]:
    """The column of an instant, on the clock of whoever reads it."""
    return lambda row: format_local_time(row[name])


def format_local_time(value: str | None) -> str:
    """An instant of the API on the reader's own clock."""
    return datetime.fromisoformat(value).astimezone().strftime("%Y-%m-%d %H:%M:%S") if value else ""


def parse_instant(text: str) -> str:
    """An instant as the API takes it; without an offset it is on the clock of whoever types it.

    Raises:
        BadParameter: it is none.
    """
    try:
        return datetime.fromisoformat(text).astimezone().isoformat()
    except ValueError:
        raise typer.BadParameter("write it as 2026-06-03T09:00, or with its offset: 2026-06-03T09:00-05:00") from None


def _format_cell(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, cast("list[Any]", value)))
    return "" if value is None else str(value)


def format_window(start: str | None, end: str | None) -> str:
    """From when to when."""
    return f"{format_local_time(start)} to {format_local_time(end)}" if start else ""


def print_fields(document: Document, columns: Columns) -> None:
    """What is known of one thing, a line each; what is empty is left out."""
    width = max(map(len, columns))
    for label, value in columns.items():
        if said := _format_cell(value(document)):
            print_line(f"  {label:<{width}}  {said}")


def print_findings(document: Document) -> None:
    """What stood in the way, or should be known, with what would change it."""
    for one in (document.get("decision") or {"findings": ()})["findings"]:
        if one["verdict"] in ("failed", "wait", "warned"):
            print_line(f"  {one['rule']} {one['verdict']}: {one['reason']} {one['fix']}".rstrip())


def print_timeline(entries: Sequence[Document]) -> None:
    """What happened, in order."""
    print_table(
        {
            "when": instant_field("at"),
            "what": field("what"),
            "why": field("reason"),
            "of": field("subject"),
            "by": field("actor"),
        },
        entries,
    )

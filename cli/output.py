"""How the command speaks: what is, and when something is wrong, what to do."""

import json
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

# No emoji: ":warning:" in somebody's words stays what they wrote.
out = Console(soft_wrap=True, highlight=False, emoji=False)
err = Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)


def print_line(text: str) -> None:
    """One line on the standard output."""
    out.print(text, markup=False)


def print_json(document: Any) -> None:
    """The document and nothing else, for scripts."""
    typer.echo(json.dumps(document, ensure_ascii=False))


def fail(what: str, fix: str) -> NoReturn:
    """What went wrong and what to do, on the error output; ends with exit code 1."""
    err.print(f"[red]{escape(what)}[/red]")
    err.print(fix, markup=False)
    raise typer.Exit(1)

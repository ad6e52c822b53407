"""What the command prints: text, JSON, and errors that say what to do."""

import json
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

# Without emoji, ":warning:" in a person's words stays as they wrote it.
out = Console(soft_wrap=True, highlight=False, emoji=False)
err = Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)


def print_line(text: str) -> None:
    """Print one line to the standard output."""
    out.print(text, markup=False)


def print_json(document: Any) -> None:
    """Print the document and nothing else, for scripts."""
    typer.echo(json.dumps(document, ensure_ascii=False))


def fail(what: str, fix: str) -> NoReturn:
    """Print what went wrong and what to do to the standard error, and exit with code 1."""
    err.print(f"[red]{escape(what)}[/red]")
    err.print(fix, markup=False)
    raise typer.Exit(1)

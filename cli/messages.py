"""How the command speaks: what is, and when something is wrong, what to do."""

from typing import NoReturn

import typer
from rich.console import Console
from rich.markup import escape

out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)


def say(text: str) -> None:
    """One line on the standard output."""
    out.print(escape(text))


def fail(what: str, fix: str) -> NoReturn:
    """What went wrong and what to do, on the error output; ends with exit code 1."""
    err.print(f"[red]{escape(what)}[/red]")
    err.print(escape(fix))
    raise typer.Exit(1)

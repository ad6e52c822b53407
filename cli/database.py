"""`gridenroll db`: the tables."""

from importlib import import_module
from typing import Annotated

import typer

from cli.output import print_json, print_line

app = typer.Typer(help="The database's tables.", no_args_is_help=True)


@app.command()
def upgrade(
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
) -> None:
    """Bring the tables to what this version needs. Safe to repeat, and from several processes at once."""
    head = import_module("cli.migrating").upgrade()  # by name, for nobody else needs it
    if as_json:
        print_json({"migration": head})
    else:
        print_line(f"database at migration {head}")

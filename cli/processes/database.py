"""`gridenroll db`: the database's tables."""

from importlib import import_module

import typer

from cli.options import Json
from cli.output import print_json, print_line

app = typer.Typer(help="The database's tables.", no_args_is_help=True)


@app.command(name="upgrade")
def upgrade_database(as_json: Json = False) -> None:
    """Migrate the tables to what this version needs. It is safe to repeat, and from several processes at once."""
    # It is loaded by name because no other command needs it, and it takes long to load.
    migration = import_module("cli.processes.migrations").upgrade()
    if as_json:
        print_json({"migration": migration})
    else:
        print_line(f"database at migration {migration}")

"""`gridenroll db`: the tables."""

from pathlib import Path
from typing import Annotated

import typer
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from cli.messages import fail, say, say_json

app = typer.Typer(help="The database's tables.", no_args_is_help=True)

_MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config


@app.command()
def upgrade(
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
) -> None:
    """Bring the tables to what this version needs. Safe to repeat, and from several processes at once."""
    config = _config()
    head = ScriptDirectory.from_config(config).get_current_head()
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        if "Can't locate revision" in str(error):
            fail("The database was migrated by a newer version of gridenroll.", "Run that version, or a newer one.")
        raise
    except OSError as error:
        fail(f"The database does not answer: {error}.", "Start it, or set GRIDENROLL_DATABASE_URL.")
    if as_json:
        say_json({"migration": head})
    else:
        say(f"database at migration {head}")

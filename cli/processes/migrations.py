"""The migration of the database. Only `gridenroll db upgrade` loads it: Alembic and SQLAlchemy take long to load."""

from pathlib import Path
from typing import cast

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from cli.output import fail

_MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def upgrade() -> str:
    """Migrate the tables to the newest revision, and return its name."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        if "Can't locate revision" in str(error):
            fail("The database was migrated by a newer version of gridenroll.", "Run that version, or a newer one.")
        raise
    except OSError as error:
        fail(f"The database does not answer: {error}.", "Start it, or set GRIDENROLL_DATABASE_URL.")
    return cast(str, ScriptDirectory.from_config(config).get_current_head())

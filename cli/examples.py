"""`gridenroll examples`: a believable utility to try things with."""

from pathlib import Path

import typer

from cli.catalog import DataDir, put_catalog
from cli.client import running_api
from cli.customers import put_customers
from cli.messages import say

app = typer.Typer(help="The example utility.", no_args_is_help=True)

FOLDER = Path(__file__).resolve().parent.parent / "examples"


@app.command()
def load(data_dir: DataDir = None) -> None:
    """Load the example catalogue and customers into an empty database; one that holds anything is left alone."""
    api = running_api(data_dir)
    if api.ask("GET", "/v1/catalog")["version"]:
        say("examples not loaded: the database has a catalogue already")
        return
    customers = put_customers(api, FOLDER / "customers.csv")
    catalog = put_catalog(api, FOLDER / "catalog.yaml")
    say(f"examples loaded: {customers['taken']} service points, catalogue version {catalog['version']}")

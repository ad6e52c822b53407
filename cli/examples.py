"""`gridenroll examples`: a believable utility to try things with."""

from pathlib import Path
from typing import Any

import typer

from cli.client import connect_to_api
from cli.commands.catalog import DataDir, Json, put_catalog
from cli.commands.customers import put_customers
from cli.output import print_json, print_line

app = typer.Typer(help="The example utility.", no_args_is_help=True)

FOLDER = Path(__file__).resolve().parent.parent / "examples"


@app.command()
def load(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Load the example catalogue and customers into an empty database; one that holds anything is left alone."""
    api = connect_to_api(data_dir)
    if api.request("GET", "/v1/catalog")["version"]:
        _print_result({"loaded": False}, "examples not loaded: the database has a catalogue already", as_json=as_json)
        return
    customers = put_customers(api, FOLDER / "customers.csv")
    catalog = put_catalog(api, FOLDER / "catalog.yaml")
    words = f"examples loaded: {customers['taken']} service points, catalogue version {catalog['version']}"
    _print_result({"loaded": True, "customers": customers, "catalog": catalog}, words, as_json=as_json)


def _print_result(document: dict[str, Any], words: str, *, as_json: bool) -> None:
    if as_json:
        print_json(document)
    else:
        print_line(words)

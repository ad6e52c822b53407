"""`gridenroll examples`: the catalog and customers of a fictional utility."""

from pathlib import Path
from typing import Any

import typer

from cli.client import connect_to_api
from cli.commands.catalog import put_catalog
from cli.commands.customers import put_customers
from cli.options import DataDir, Json
from cli.output import print_json, print_line

app = typer.Typer(help="The example utility.", no_args_is_help=True)

FOLDER = Path(__file__).resolve().parents[2] / "examples"


@app.command(name="load")
def load_examples(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Load the example catalog and customers into an empty database. A database with a catalog stays as it is."""
    api = connect_to_api(data_dir)
    if api.request("GET", "/v1/catalog")["version"]:
        _print_result({"loaded": False}, "examples not loaded: the database already has a catalog", as_json=as_json)
        return
    customers = put_customers(api, FOLDER / "customers.csv")
    catalog = put_catalog(api, FOLDER / "catalog.yaml")
    summary = f"examples loaded: {customers['taken']} service points, catalog version {catalog['version']}"
    _print_result({"loaded": True, "customers": customers, "catalog": catalog}, summary, as_json=as_json)


def _print_result(document: dict[str, Any], text: str, *, as_json: bool) -> None:
    if as_json:
        print_json(document)
    else:
        print_line(text)

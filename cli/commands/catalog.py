"""`gridenroll catalog`: the configuration of programs and devices."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.client import ApiClient, connect_to_api
from cli.commands.catalog_file import read_catalog
from cli.options import DataDir, Json
from cli.output import print_json, print_line

app = typer.Typer(help="The configuration: programs, specifications and what they consist of.", no_args_is_help=True)

_MAXIMUM_CHANGES_SHOWN = 40
_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


@app.command(name="apply")
def apply_catalog(
    file: Annotated[Path, typer.Argument(help="The catalog's YAML file.")],
    dry_run: Annotated[bool, typer.Option(help="Only report what would change.")] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Apply a catalog: all of it or nothing."""
    answer = put_catalog(connect_to_api(data_dir), file, dry_run=dry_run)
    if as_json:
        print_json(answer)
        return
    for change in answer["changes"][:_MAXIMUM_CHANGES_SHOWN]:
        print_line(_format_change(change))
    more = len(answer["changes"]) - _MAXIMUM_CHANGES_SHOWN
    if more > 0:
        print_line(f"… and {more} more")
    if answer["applied"]:
        print_line(f"applied as version {answer['version']}")
    elif answer["changes"]:
        print_line("nothing applied: this was a dry run")
    else:
        print_line(f"nothing to do: version {answer['version']} in force is the same")


def put_catalog(api: ApiClient, file: Path, *, dry_run: bool = False) -> dict[str, Any]:
    """Apply a catalog file, and return the API's answer."""
    return api.request("PUT", "/v1/catalog", params={"dry_run": dry_run}, body=read_catalog(file))


def _format_change(change: dict[str, Any]) -> str:
    line = f"{_SIGNS[change['change']]} {change['kind']} {change['code']}"
    fields = [f"    {name}: {before} → {after}" for name, (before, after) in change["fields"].items()]
    return "\n".join([line, *fields])

"""`gridenroll batch`: run the batches by hand, and see how they went."""

import time
from typing import Annotated, Any

import typer

from cli import tables
from cli.client import ApiClient, connect_to_api
from cli.commands.catalog import DataDir, Json
from cli.output import err, print_json, print_line
from models.batches import BatchName

app = typer.Typer(help="The batches that run beside the flows: start one, see its runs.", no_args_is_help=True)

_POLL_SECONDS = 0.5

_COLUMNS: tables.Columns = {
    "batch": tables.field("name"),
    "every": lambda batch: _format_interval(batch["every_seconds"]),
    "last run": lambda batch: tables.format_local_time(_get_last_run(batch)["started_at"]),
    "state": lambda batch: _get_last_run(batch)["state"],
    "counts": lambda batch: _format_counts(_get_last_run(batch)["counts"]),
}


@app.command()
def run(
    name: Annotated[BatchName, typer.Argument(help="Which batch.")],
    wait: Annotated[
        bool, typer.Option("--wait", help="Stay until the run has ended; exit code 1 if it failed.")
    ] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Run a batch now, whatever its schedule says."""
    api = connect_to_api(data_dir)
    door = api.request("POST", f"/v1/batches/{name.value}/runs")["links"]["self"]
    seen = _wait_until_ended(api, door, aloud=not as_json) if wait else api.request("GET", door)
    if as_json:
        print_json(seen)
    else:
        _print_run(seen)
    if seen["state"] == "failed":
        raise typer.Exit(1)


def _wait_until_ended(api: ApiClient, door: str, *, aloud: bool) -> dict[str, Any]:
    """Looks until the run has ended; tells each step as it begins."""
    told = None
    while True:
        seen = api.request("GET", door)
        if seen["state"] != "running":
            return seen
        if aloud and seen["step"] != told:
            told = seen["step"]
            err.print(f"{told} …", markup=False)
        time.sleep(_POLL_SECONDS)


def _print_run(seen: dict[str, Any]) -> None:
    print_line(f"{seen['id']}  {seen['batch']}  {seen['state']}")
    for name, number in seen["counts"].items():
        print_line(f"  {number:>8}  {name.replace('_', ' ')}")
    for one in seen["findings"]:
        print_line(f"  {one['kind'].replace('_', ' ')}: {one['subject']} of {one['subscription']}. {one['help']}")
    if seen["reason"]:
        print_line(f"  {seen['reason']}")
    if seen["state"] == "running":
        print_line("See what becomes of it: gridenroll batch list. With --wait, run tells it itself.")
    if "resend" in seen["available_actions"]:
        print_line(f"  send again: gridenroll batch resend {seen['id']}")


@app.command()
def resend(
    run: Annotated[str, typer.Argument(help="The reconciliation's id, as `run` tells it.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Tell the DERMS again of every subscription that a reconciliation found different."""
    answer = connect_to_api(data_dir).request("POST", f"/v1/batches/reconciliation/runs/{run}/resend")
    if as_json:
        print_json(answer)
        return
    print_line(f"{len(answer['sync_requests'])} sync requests made")
    for one in answer["sync_requests"]:
        print_line(f"  gridenroll sync-requests show {one}")


@app.command(name="list")
def list_batches(data_dir: DataDir = None, as_json: Json = False) -> None:
    """The batches, when each runs by itself, and how its last run went."""
    answer = connect_to_api(data_dir).request("GET", "/v1/batches")
    if as_json:
        print_json(answer)
        return
    tables.print_table(_COLUMNS, answer["items"])


def _get_last_run(batch: tables.Document) -> tables.Document:
    return batch["last_run"] or {"started_at": None, "state": "never ran", "counts": {}}


def _format_counts(counts: dict[str, int]) -> list[str]:
    return [f"{number} {name.replace('_', ' ')}" for name, number in counts.items() if number]


def _format_interval(seconds: int) -> str:
    for length, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds % length == 0:
            number = seconds // length
            return f"{number} {unit}{'s' if number > 1 else ''}"
    return f"{seconds} seconds"

"""`gridenroll batch`: run the batches by hand, and see their results."""

import time
from typing import Annotated

import typer

from cli.client import ApiClient, Document, connect_to_api
from cli.options import DataDir, Json
from cli.output import err, print_json, print_line
from cli.tables import Columns, field, format_local_time, print_table
from models.batches import BatchName

app = typer.Typer(help="The batches that run beside the process flows: start one, see its runs.", no_args_is_help=True)

_POLL_SECONDS = 0.5


@app.command(name="run")
def run_batch(
    name: Annotated[BatchName, typer.Argument(help="Which batch.")],
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait until the run has ended; exit code 1 if it failed.")
    ] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Run a batch now, whatever its schedule says."""
    api = connect_to_api(data_dir)
    path = api.request("POST", f"/v1/batches/{name.value}/runs")["links"]["self"]
    run = _wait_until_ended(api, path, print_steps=not as_json) if wait else api.request("GET", path)
    if as_json:
        print_json(run)
    else:
        _print_run(run)
    if run["state"] == "failed":
        raise typer.Exit(1)


def _wait_until_ended(api: ApiClient, path: str, *, print_steps: bool) -> Document:
    """Returns the run when it has ended, and prints each step when it begins."""
    step = None
    while True:
        run = api.request("GET", path)
        if run["state"] != "running":
            return run
        if print_steps and run["step"] != step:
            step = run["step"]
            err.print(f"{step} …", markup=False)
        time.sleep(_POLL_SECONDS)


def _print_run(run: Document) -> None:
    print_line(f"{run['id']}  {run['batch']}  {run['state']}")
    for name, count in run["counts"].items():
        print_line(f"  {count:>8}  {name.replace('_', ' ')}")
    for finding in run["findings"]:
        kind = finding["kind"].replace("_", " ")
        print_line(f"  {kind}: {finding['subject']} of {finding['subscription']}. {finding['help']}")
    if run["reason"]:
        print_line(f"  {run['reason']}")
    if run["state"] == "running":
        print_line("See its progress: gridenroll batch list. With --wait, the command waits for the end.")
    if "resend" in run["available_actions"]:
        print_line(f"  send again: gridenroll batch resend {run['id']}")


@app.command(name="resend")
def resend_differences(
    run: Annotated[str, typer.Argument(help="The reconciliation's id, as `run` prints it.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Send the DERMS every subscription that a reconciliation found different."""
    answer = connect_to_api(data_dir).request("POST", f"/v1/batches/reconciliation/runs/{run}/resend")
    if as_json:
        print_json(answer)
        return
    print_line(f"{len(answer['sync_requests'])} sync requests created")
    for sync_request in answer["sync_requests"]:
        print_line(f"  gridenroll sync-requests show {sync_request}")


@app.command(name="list")
def list_batches(data_dir: DataDir = None, as_json: Json = False) -> None:
    """List the batches with their schedules and last runs."""
    answer = connect_to_api(data_dir).request("GET", "/v1/batches")
    if as_json:
        print_json(answer)
        return
    print_table(_COLUMNS, answer["items"])


def _get_last_run(batch: Document) -> Document:
    return batch["last_run"] or {"started_at": None, "state": "never ran", "counts": {}}


def _format_counts(counts: dict[str, int]) -> list[str]:
    return [f"{count} {name.replace('_', ' ')}" for name, count in counts.items() if count]


def _format_interval(seconds: int) -> str:
    for length, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds % length == 0:
            count = seconds // length
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return f"{seconds} seconds"


_COLUMNS: Columns = {
    "batch": field("name"),
    "every": lambda batch: _format_interval(batch["every_seconds"]),
    "last run": lambda batch: format_local_time(_get_last_run(batch)["started_at"]),
    "state": lambda batch: _get_last_run(batch)["state"],
    "counts": lambda batch: _format_counts(_get_last_run(batch)["counts"]),
}

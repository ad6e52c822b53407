"""`gridenroll batch`: run the batches by hand, and see how they went."""

import time
from typing import Annotated, Any

import typer

from cli import lists
from cli.catalog import DataDir, Json
from cli.client import Api, running_api
from cli.messages import err, say, say_json
from models.batches import BatchName

app = typer.Typer(help="The batches that run beside the flows: start one, see its runs.", no_args_is_help=True)

_BETWEEN_LOOKS = 0.5

_COLUMNS: lists.Columns = {
    "batch": lists.field("name"),
    "every": lambda batch: _span(batch["every_seconds"]),
    "last run": lambda batch: lists.clock(_last(batch)["started_at"]),
    "state": lambda batch: _last(batch)["state"],
    "counts": lambda batch: _counted(_last(batch)["counts"]),
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
    api = running_api(data_dir)
    door = api.ask("POST", f"/v1/batches/{name.value}/runs")["links"]["self"]
    seen = _ended(api, door, aloud=not as_json) if wait else api.ask("GET", door)
    if as_json:
        say_json(seen)
    else:
        _tell(seen)
    if seen["state"] == "failed":
        raise typer.Exit(1)


def _ended(api: Api, door: str, *, aloud: bool) -> dict[str, Any]:
    """Looks until the run has ended; tells each step as it begins."""
    told = None
    while True:
        seen = api.ask("GET", door)
        if seen["state"] != "running":
            return seen
        if aloud and seen["step"] != told:
            told = seen["step"]
            err.print(f"{told} …", markup=False)
        time.sleep(_BETWEEN_LOOKS)


def _tell(seen: dict[str, Any]) -> None:
    say(f"{seen['id']}  {seen['batch']}  {seen['state']}")
    for name, number in seen["counts"].items():
        say(f"  {number:>8}  {name.replace('_', ' ')}")
    for one in seen["findings"]:
        say(f"  {one['kind'].replace('_', ' ')}: {one['subject']} of {one['subscription']}. {one['help']}")
    if seen["reason"]:
        say(f"  {seen['reason']}")
    if seen["state"] == "running":
        say("See what becomes of it: gridenroll batch list. With --wait, run tells it itself.")
    if "resend" in seen["available_actions"]:
        say(f"  send again: gridenroll batch resend {seen['id']}")


@app.command()
def resend(
    run: Annotated[str, typer.Argument(help="The reconciliation's id, as `run` tells it.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Tell the DERMS again of every subscription that a reconciliation found different."""
    answer = running_api(data_dir).ask("POST", f"/v1/batches/reconciliation/runs/{run}/resend")
    if as_json:
        say_json(answer)
        return
    say(f"{len(answer['sync_requests'])} sync requests made")
    for one in answer["sync_requests"]:
        say(f"  gridenroll sync-requests show {one}")


@app.command(name="list")
def listed(data_dir: DataDir = None, as_json: Json = False) -> None:
    """The batches, when each runs by itself, and how its last run went."""
    answer = running_api(data_dir).ask("GET", "/v1/batches")
    if as_json:
        say_json(answer)
        return
    lists.table(_COLUMNS, answer["items"])


def _last(batch: lists.Document) -> lists.Document:
    return batch["last_run"] or {"started_at": None, "state": "never ran", "counts": {}}


def _counted(counts: dict[str, int]) -> list[str]:
    return [f"{number} {name.replace('_', ' ')}" for name, number in counts.items() if number]


def _span(seconds: int) -> str:
    for length, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds % length == 0:
            number = seconds // length
            return f"{number} {unit}{'s' if number > 1 else ''}"
    return f"{seconds} seconds"

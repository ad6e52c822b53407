"""`make bench ARGS="--million"`: how long what people and batches ask of a database with a million customers takes."""

import asyncio
import tempfile
import time
from pathlib import Path
from statistics import quantiles
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import customers, load
from bench.million import grow
from bench.questions import questions
from bench.stack import running_stack
from cli.client import Api
from cli.customers import put_customers

_TIMES = 20
_ENROLLMENTS = 400
_CONCURRENCY = 50
_PATIENCE_SECONDS = 600


def run(console: Console, count: int = 1_000_000) -> None:
    """Enrolls some on a small database, grows it, asks everything, and enrolls as many on the big one."""
    with tempfile.TemporaryDirectory(prefix="gridenroll-bench-") as folder:
        people = customers.make(Path(folder) / "customers.csv", _ENROLLMENTS * 4)
        applications = [customers.application(row, number) for number, row in enumerate(people)]
        with running_stack(Path(folder) / "data") as stack:
            api = Api(stack["api_url"], stack["token"])
            put_customers(api, Path(folder) / "customers.csv")
            rates = [_rate(stack, applications[:100]), _rate(stack, applications[100 : 100 + _ENROLLMENTS])]
            asyncio.run(grow(stack["database_url"], count))
            ask_everything(console, api)
            rates.append(_rate(stack, applications[100 + _ENROLLMENTS : 100 + 2 * _ENROLLMENTS]))
            console.print(f"enrollments a second: {rates[1]:.1f} before it grew, {rates[2]:.1f} after")


def _rate(stack: dict[str, Any], applications: list[dict[str, Any]]) -> float:
    return asyncio.run(load.enrol(stack, applications, _CONCURRENCY)).rate


def ask_everything(console: Console, api: Api) -> None:
    """Asks each question some times and runs the batch that comes every few minutes; prints what each took."""
    table = Table("what", "p50 ms", "p95 ms", title="A database with a million customers")
    asked = questions(lambda path, parameters: api.ask("GET", path, params=parameters))
    for name, (path, parameters) in asked.items():
        table.add_row(name, *_percentiles([_milliseconds(api, path, parameters) for _ in range(_TIMES)]))
    console.print(table)
    began = time.perf_counter()
    counts = _batch(api, "sync-request-monitor")
    console.print(f"a run of the sync request monitor: {time.perf_counter() - began:.1f} s, {counts}")


def _milliseconds(api: Api, path: str, parameters: dict[str, Any]) -> float:
    began = time.perf_counter()
    api.ask("GET", path, params=parameters)
    return (time.perf_counter() - began) * 1000


def _percentiles(values: list[float]) -> tuple[str, str]:
    cuts = quantiles(values, n=20, method="inclusive")
    return f"{cuts[9]:.1f}", f"{cuts[18]:.1f}"


def _batch(api: Api, name: str) -> Any:
    run = api.ask("POST", f"/v1/batches/{name}/runs")["links"]["self"]
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (seen := api.ask("GET", run))["state"] == "running":
        if time.monotonic() > deadline:
            raise RuntimeError(f"the run is not done after {_PATIENCE_SECONDS} s: {seen}")
        time.sleep(0.5)
    return seen["counts"]

"""`make bench ARGS="--million"`: how long what people and batches ask of a database with a million customers takes."""

import asyncio
import tempfile
import time
from pathlib import Path
from statistics import quantiles
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import customers, enrollment_load
from bench.api_queries import build_queries
from bench.million import grow_database
from bench.stack import running_stack
from cli.client import ApiClient
from cli.commands.customers import put_customers

_REPETITIONS = 20
_ENROLLMENTS = 400
_CONCURRENCY = 50
_BATCH_TIMEOUT_SECONDS = 600


def run(console: Console, count: int = 1_000_000) -> None:
    """Enrolls some on a small database, grows it, asks everything, and enrolls as many on the big one."""
    with tempfile.TemporaryDirectory(prefix="gridenroll-bench-") as folder:
        people = customers.make_customers(Path(folder) / "customers.csv", _ENROLLMENTS * 4)
        applications = [customers.build_application(row, number) for number, row in enumerate(people)]
        with running_stack(Path(folder) / "data") as stack:
            api = ApiClient(stack["api_url"], stack["token"])
            put_customers(api, Path(folder) / "customers.csv")
            rates = [
                _measure_enrollment_rate(stack, applications[:100]),
                _measure_enrollment_rate(stack, applications[100 : 100 + _ENROLLMENTS]),
            ]
            asyncio.run(grow_database(stack["database_url"], count))
            measure_queries(console, api)
            rates.append(_measure_enrollment_rate(stack, applications[100 + _ENROLLMENTS : 100 + 2 * _ENROLLMENTS]))
            console.print(f"enrollments a second: {rates[1]:.1f} before it grew, {rates[2]:.1f} after")


def _measure_enrollment_rate(stack: dict[str, Any], applications: list[dict[str, Any]]) -> float:
    return asyncio.run(enrollment_load.enroll_all(stack, applications, _CONCURRENCY)).rate


def measure_queries(console: Console, api: ApiClient) -> None:
    """Asks each question some times and runs the batch that comes every few minutes; prints what each took."""
    table = Table("what", "p50 ms", "p95 ms", title="A database with a million customers")
    asked = build_queries(lambda path, parameters: api.request("GET", path, params=parameters))
    for name, (path, parameters) in asked.items():
        table.add_row(
            name, *_compute_percentiles([_measure_query_ms(api, path, parameters) for _ in range(_REPETITIONS)])
        )
    console.print(table)
    began = time.perf_counter()
    counts = _run_batch(api, "sync-request-monitor")
    console.print(f"a run of the sync request monitor: {time.perf_counter() - began:.1f} s, {counts}")


def _measure_query_ms(api: ApiClient, path: str, parameters: dict[str, Any]) -> float:
    began = time.perf_counter()
    api.request("GET", path, params=parameters)
    return (time.perf_counter() - began) * 1000


def _compute_percentiles(values: list[float]) -> tuple[str, str]:
    cuts = quantiles(values, n=20, method="inclusive")
    return f"{cuts[9]:.1f}", f"{cuts[18]:.1f}"


def _run_batch(api: ApiClient, name: str) -> Any:
    run = api.request("POST", f"/v1/batches/{name}/runs")["links"]["self"]
    deadline = time.monotonic() + _BATCH_TIMEOUT_SECONDS
    while (seen := api.request("GET", run))["state"] == "running":
        if time.monotonic() > deadline:
            raise RuntimeError(f"the run is not done after {_BATCH_TIMEOUT_SECONDS} s: {seen}")
        time.sleep(0.5)
    return seen["counts"]

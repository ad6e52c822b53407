"""`make bench ARGS="--million"`: measures queries, a batch and enrollments with a million customers."""

import asyncio
import time
from statistics import quantiles
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import enrollment_load
from bench.api_queries import build_queries
from bench.grow_database import grow_database
from bench.prepared_stack import prepare_stack
from cli.client import ApiClient

_REPETITIONS = 20
_ENROLLMENTS = 400
_WARM_UP_COUNT = 100
_CONCURRENCY = 50
_BATCH_TIMEOUT_SECONDS = 600


def run(console: Console, count: int = 1_000_000) -> None:
    """Measures enrollments on a small database, fills it, and measures queries and enrollments again."""
    with prepare_stack(_ENROLLMENTS * 4) as prepared:
        stack, applications = prepared.stack, prepared.applications
        _measure_enrollment_rate(stack, applications[:_WARM_UP_COUNT])
        first, second = applications[_WARM_UP_COUNT:][:_ENROLLMENTS], applications[_WARM_UP_COUNT + _ENROLLMENTS :]
        rate_before = _measure_enrollment_rate(stack, first)
        asyncio.run(grow_database(stack["database_url"], count))
        measure_queries(console, prepared.api)
        rate_after = _measure_enrollment_rate(stack, second[:_ENROLLMENTS])
        console.print(f"enrollments a second: {rate_before:.1f} before it grew, {rate_after:.1f} after")


def _measure_enrollment_rate(stack: dict[str, Any], applications: list[dict[str, Any]]) -> float:
    return asyncio.run(enrollment_load.enroll_all(stack, applications, _CONCURRENCY)).rate


def measure_queries(console: Console, api: ApiClient) -> None:
    """Prints the times of each query and of the batch that runs every few minutes."""
    table = Table("query", "p50 ms", "p95 ms", title="A database with a million customers")
    queries = build_queries(lambda path, parameters: api.request("GET", path, params=parameters))
    for name, (path, parameters) in queries.items():
        times = [_measure_query_ms(api, path, parameters) for _ in range(_REPETITIONS)]
        table.add_row(name, *_compute_percentiles(times))
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
    path = api.request("POST", f"/v1/batches/{name}/runs")["links"]["self"]
    deadline = time.monotonic() + _BATCH_TIMEOUT_SECONDS
    while (run := api.request("GET", path))["state"] == "running":
        if time.monotonic() > deadline:
            raise RuntimeError(f"the run has not ended after {_BATCH_TIMEOUT_SECONDS} s: {run}")
        time.sleep(0.5)
    return run["counts"]

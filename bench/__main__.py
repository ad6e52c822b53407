"""`make bench`: one run, one table. Nothing is asserted here; docs/operate/speed.md keeps what was seen."""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import quantiles
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from bench import customers, empty_workflow, enrollment_load, large_database, outage, outbox_backlog, resource_usage
from bench.stack import running_stack
from cli.client import ApiClient
from cli.commands.customers import put_customers

PHASES = ((1, 60), (50, 1200), (200, 2000))
EMPTY_PHASES = {1: 60, 50: 800, 200: 1200}
console = Console(width=160)


def _compute_percentile(values: list[float], percent: int) -> float:
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def _find_worker_metrics_url(stack: dict[str, Any]) -> str:
    """The worker's door, found by who listens: stack.json names only the doors meant for people."""
    listening = psutil.Process(stack["pids"]["worker"]).net_connections("tcp")
    port = next(one.laddr.port for one in listening if one.status == psutil.CONN_LISTEN)
    return f"http://127.0.0.1:{port}/metrics"


def _add_row(table: Table, name: str, measured: enrollment_load.Measurement, empty: float, spent: Any) -> None:
    cpu, statements = spent
    table.add_row(
        name,
        str(measured.count),
        f"{measured.rate:.1f}",
        f"{empty:.1f}" if empty else "",
        f"{measured.rate / empty:.2f}" if empty else "",
        f"{_compute_percentile(measured.accept_ms, 50):.0f} / {_compute_percentile(measured.accept_ms, 99):.0f}",
        f"{_compute_percentile(measured.synchronized_ms, 50):.0f} / "
        f"{_compute_percentile(measured.synchronized_ms, 99):.0f}",
        f"{statements:.1f}",
        " ".join(f"{part} {milliseconds:.1f}" for part, milliseconds in cpu.items()) + f" = {sum(cpu.values()):.1f}",
    )


def _run_phase(
    table: Table, stack: dict[str, Any], name: str, rows: list[dict[str, Any]], concurrency: int, empty: float
) -> enrollment_load.Measurement:
    door = _find_worker_metrics_url(stack)
    before = resource_usage.read_counters(stack, door)
    measured = asyncio.run(enrollment_load.enroll_all(stack, rows, concurrency))
    _add_row(table, name, measured, empty, resource_usage.read_counters(stack, door).since(before, len(rows)))
    return measured


def _measure_empty_rates(stack: dict[str, Any]) -> dict[int, float]:
    command = [sys.executable, "-m", "bench.empty_workflow", stack["temporal_address"]]
    worker = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        if worker.stdout is None or not worker.stdout.readline():
            raise RuntimeError("the empty flow's worker did not start")
        address = stack["temporal_address"]
        asyncio.run(empty_workflow.measure_rate(address, 50, 10, "warm"))
        return {
            c: asyncio.run(empty_workflow.measure_rate(address, n, c, f"empty-{c}")) for c, n in EMPTY_PHASES.items()
        }
    finally:
        worker.kill()
        worker.wait()


def _count_workflow_steps(stack: dict[str, Any]) -> tuple[int, int]:
    api = ApiClient(stack["api_url"], stack["token"])
    newest = api.request("GET", "/v1/program-enrollments", params={"limit": 1, "state": "enrolled"})["items"][0]["id"]
    return asyncio.run(resource_usage.count_workflow_steps(stack["temporal_address"], newest))


def main() -> None:
    """Runs all phases and prints the table."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure own-device enrolments end to end.")
    parser.add_argument("--long", action="store_true", help="also compare the 100th with the 5,000th enrolment")
    parser.add_argument("--outage", action="store_true", help="only: how long others wait while PostgreSQL is away")
    parser.add_argument(
        "--million", action="store_true", help="only: what is asked of a database of a million customers"
    )
    parser.add_argument("--backlog", type=int, nargs="?", const=1_000_000, help="only: so many messages in the outbox")
    parser.add_argument("--seconds", type=int, default=3600, help="watch the backlog drain for so long at most")
    wanted = parser.parse_args()
    if wanted.backlog:
        outbox_backlog.run(console, wanted.backlog, wanted.seconds)
        return
    if wanted.outage:
        outage.run(console)
        return
    if wanted.million:
        large_database.run(console)
        return
    total = 100 + sum(count for _, count in PHASES) + (5000 if wanted.long else 0)
    with tempfile.TemporaryDirectory(prefix="gridenroll-bench-") as folder:
        people = customers.make_customers(Path(folder) / "customers.csv", int(total * 1.5))
        applications = [customers.build_application(row, number) for number, row in enumerate(people)][:total]
        with running_stack(Path(folder) / "data") as stack:
            began = time.perf_counter()
            taken = put_customers(ApiClient(stack["api_url"], stack["token"]), Path(folder) / "customers.csv")["taken"]
            console.print(f"customers imported: {taken}, {taken / (time.perf_counter() - began):.0f} a second")
            _measure(stack, applications, long=wanted.long)


def _measure(stack: dict[str, Any], applications: list[dict[str, Any]], *, long: bool) -> None:
    table = Table(title="Own-device enrolment, API accept → synchronized", show_lines=True)
    for heading in (
        "concurrency",
        "n",
        "enrolments/s",
        "empty flow/s",
        "ratio",
        "accept p50/p99 ms",
        "→ synchronized p50/p99 ms",
        "SQL each",
        "CPU ms each",
    ):
        table.add_column(heading)
    asyncio.run(enrollment_load.enroll_all(stack, applications[:100], 20))
    empty = _measure_empty_rates(stack)
    done = 100
    for concurrency, count in PHASES:
        _run_phase(table, stack, str(concurrency), applications[done : done + count], concurrency, empty[concurrency])
        done += count
    if long:
        for _ in range(5):
            name = f"50, {done} to {done + 1000}"
            _run_phase(table, stack, name, applications[done : done + 1000], 50, 0)
            done += 1000
    transitions, events = _count_workflow_steps(stack)
    console.print(table)
    console.print(f"state transitions {transitions}, history events {events} each (four empty activities: see ratio)")
    memory = {part: resource_usage.read_memory_mb(stack["pids"][part]) for part in ("api", "worker")}
    console.print("memory: " + ", ".join(f"{part} {size:.0f} MB" for part, size in memory.items()))


if __name__ == "__main__":
    main()

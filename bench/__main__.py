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

from bench import big, cost, customers, empty_flow, load, outage
from bench.stack import running_stack
from cli.client import Api
from cli.customers import put_customers

PHASES = ((1, 60), (50, 1200), (200, 2000))
EMPTY = {1: 60, 50: 800, 200: 1200}
console = Console(width=160)


def _percentile(values: list[float], percent: int) -> float:
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def _worker_metrics(stack: dict[str, Any]) -> str:
    """The worker's door, found by who listens: stack.json names only the doors meant for people."""
    listening = psutil.Process(stack["pids"]["worker"]).net_connections("tcp")
    port = next(one.laddr.port for one in listening if one.status == psutil.CONN_LISTEN)
    return f"http://127.0.0.1:{port}/metrics"


def _row(table: Table, name: str, measured: load.Measured, empty: float, spent: Any) -> None:
    cpu, statements = spent
    table.add_row(
        name,
        str(measured.count),
        f"{measured.rate:.1f}",
        f"{empty:.1f}" if empty else "",
        f"{measured.rate / empty:.2f}" if empty else "",
        f"{_percentile(measured.accept_ms, 50):.0f} / {_percentile(measured.accept_ms, 99):.0f}",
        f"{_percentile(measured.synchronized_ms, 50):.0f} / {_percentile(measured.synchronized_ms, 99):.0f}",
        f"{statements:.1f}",
        " ".join(f"{part} {milliseconds:.1f}" for part, milliseconds in cpu.items()) + f" = {sum(cpu.values()):.1f}",
    )


def _phase(
    table: Table, stack: dict[str, Any], name: str, rows: list[dict[str, Any]], concurrency: int, empty: float
) -> load.Measured:
    door = _worker_metrics(stack)
    before = cost.spent(stack, door)
    measured = asyncio.run(load.enrol(stack, rows, concurrency))
    _row(table, name, measured, empty, cost.spent(stack, door).since(before, len(rows)))
    return measured


def _empty_rates(stack: dict[str, Any]) -> dict[int, float]:
    command = [sys.executable, "-m", "bench.empty_flow", stack["temporal_address"]]
    worker = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        if worker.stdout is None or not worker.stdout.readline():
            raise RuntimeError("the empty flow's worker did not start")
        address = stack["temporal_address"]
        asyncio.run(empty_flow.rate(address, 50, 10, "warm"))
        return {c: asyncio.run(empty_flow.rate(address, n, c, f"empty-{c}")) for c, n in EMPTY.items()}
    finally:
        worker.kill()
        worker.wait()


def _flow_cost(stack: dict[str, Any]) -> tuple[int, int]:
    api = Api(stack["api_url"], stack["token"])
    newest = api.ask("GET", "/v1/program-enrollments", params={"limit": 1, "state": "enrolled"})["items"][0]["id"]
    return asyncio.run(cost.of_one_flow(stack["temporal_address"], newest))


def main() -> None:
    """Runs all phases and prints the table."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure own-device enrolments end to end.")
    parser.add_argument("--long", action="store_true", help="also compare the 100th with the 5,000th enrolment")
    parser.add_argument("--outage", action="store_true", help="only: how long others wait while PostgreSQL is away")
    parser.add_argument(
        "--million", action="store_true", help="only: what is asked of a database of a million customers"
    )
    wanted = parser.parse_args()
    if wanted.outage:
        outage.run(console)
        return
    if wanted.million:
        big.run(console)
        return
    total = 100 + sum(count for _, count in PHASES) + (5000 if wanted.long else 0)
    with tempfile.TemporaryDirectory(prefix="gridenroll-bench-") as folder:
        people = customers.make(Path(folder) / "customers.csv", int(total * 1.5))
        applications = [customers.application(row, number) for number, row in enumerate(people)][:total]
        with running_stack(Path(folder) / "data") as stack:
            began = time.perf_counter()
            taken = put_customers(Api(stack["api_url"], stack["token"]), Path(folder) / "customers.csv")["taken"]
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
    asyncio.run(load.enrol(stack, applications[:100], 20))
    empty = _empty_rates(stack)
    done = 100
    for concurrency, count in PHASES:
        _phase(table, stack, str(concurrency), applications[done : done + count], concurrency, empty[concurrency])
        done += count
    if long:
        for _ in range(5):
            name = f"50, {done} to {done + 1000}"
            _phase(table, stack, name, applications[done : done + 1000], 50, 0)
            done += 1000
    transitions, events = _flow_cost(stack)
    console.print(table)
    console.print(f"state transitions {transitions}, history events {events} each (four empty activities: see ratio)")
    memory = {part: cost.memory_mb(stack["pids"][part]) for part in ("api", "worker")}
    console.print("memory: " + ", ".join(f"{part} {size:.0f} MB" for part, size in memory.items()))


if __name__ == "__main__":
    main()

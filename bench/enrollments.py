"""`make bench`: measures enrollments end to end, against a workflow of empty activities on the same server."""

import asyncio
import subprocess
import sys
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from bench import empty_workflow, enrollment_load, resource_usage
from bench.enrollment_load import Measurement
from bench.prepared_stack import PreparedStack, prepare_stack

_PHASES = ((1, 60), (50, 1200), (200, 2000))
"""Concurrency and number of enrollments of each phase."""
_EMPTY_PHASES = {1: 60, 50: 800, 200: 1200}
"""The number of empty workflows at each concurrency."""
_WARM_UP_COUNT = 100
_LONG_PHASES = 5
_LONG_PHASE_COUNT = 1000
_LONG_CONCURRENCY = 50
_CUSTOMERS_PER_APPLICATION = 1.5
"""Not every customer qualifies."""
_HEADINGS = (
    "concurrency",
    "count",
    "enrollments/s",
    "empty workflow/s",
    "ratio",
    "accept p50/p99 ms",
    "→ synchronized p50/p99 ms",
    "SQL each",
    "CPU ms each",
)


@dataclass(frozen=True)
class _Phase:
    """One row of the table. `empty_rate` is 0 without a phase of empty workflows to compare with."""

    name: str
    concurrency: int
    count: int
    empty_rate: float = 0.0


def run(console: Console, *, is_long: bool) -> None:
    """Measures all phases and prints the table; `is_long` adds 5,000 enrollments."""
    total = _WARM_UP_COUNT + sum(count for _, count in _PHASES) + (_LONG_PHASES * _LONG_PHASE_COUNT if is_long else 0)
    with prepare_stack(int(total * _CUSTOMERS_PER_APPLICATION)) as prepared:
        imported, seconds = prepared.imported_customers, prepared.import_seconds
        console.print(f"customers imported: {imported}, {imported / seconds:.0f} a second")
        console.print(_measure_phases(prepared, is_long=is_long))
        _print_totals(console, prepared)


def _measure_phases(prepared: PreparedStack, *, is_long: bool) -> Table:
    table = Table(*_HEADINGS, title="Enrollment with an own device, API accept → synchronized", show_lines=True)
    stack, applications = prepared.stack, iter(prepared.applications)
    asyncio.run(enrollment_load.enroll_all(stack, _take(applications, _WARM_UP_COUNT), 20))
    for phase in _list_phases(_measure_empty_rates(stack), is_long=is_long):
        table.add_row(*_measure_phase(stack, phase, _take(applications, phase.count)))
    return table


def _take(applications: Any, count: int) -> list[dict[str, Any]]:
    return [next(applications) for _ in range(count)]


def _list_phases(empty_rates: dict[int, float], *, is_long: bool) -> list[_Phase]:
    phases = [_Phase(str(concurrency), concurrency, count, empty_rates[concurrency]) for concurrency, count in _PHASES]
    done = _WARM_UP_COUNT + sum(count for _, count in _PHASES)
    for first in range(done, done + (_LONG_PHASES * _LONG_PHASE_COUNT if is_long else 0), _LONG_PHASE_COUNT):
        name = f"{_LONG_CONCURRENCY}, {first} to {first + _LONG_PHASE_COUNT}"
        phases.append(_Phase(name, _LONG_CONCURRENCY, _LONG_PHASE_COUNT))
    return phases


def _measure_phase(stack: dict[str, Any], phase: _Phase, applications: list[dict[str, Any]]) -> list[str]:
    metrics_url = _find_worker_metrics_url(stack)
    before = resource_usage.read_counters(stack, metrics_url)
    measured = asyncio.run(enrollment_load.enroll_all(stack, applications, phase.concurrency))
    cpu, statements = resource_usage.read_counters(stack, metrics_url).since(before, phase.count)
    return [*_format_measurement(phase, measured), f"{statements:.1f}", _format_cpu(cpu)]


def _format_measurement(phase: _Phase, measured: Measurement) -> list[str]:
    return [
        phase.name,
        str(measured.count),
        f"{measured.rate:.1f}",
        f"{phase.empty_rate:.1f}" if phase.empty_rate else "",
        f"{measured.rate / phase.empty_rate:.2f}" if phase.empty_rate else "",
        _format_percentiles(measured.accept_ms),
        _format_percentiles(measured.synchronized_ms),
    ]


def _format_percentiles(values: list[float]) -> str:
    cuts = quantiles(values, n=100, method="inclusive")
    return f"{cuts[49]:.0f} / {cuts[98]:.0f}"


def _format_cpu(cpu_ms: dict[str, float]) -> str:
    parts = " ".join(f"{part} {milliseconds:.1f}" for part, milliseconds in cpu_ms.items())
    return f"{parts} = {sum(cpu_ms.values()):.1f}"


def _find_worker_metrics_url(stack: dict[str, Any]) -> str:
    """Returns the address of the worker's metrics, from its process: stack.json does not name this port."""
    connections = psutil.Process(stack["pids"]["worker"]).net_connections("tcp")
    port = next(one.laddr.port for one in connections if one.status == psutil.CONN_LISTEN)
    return f"http://127.0.0.1:{port}/metrics"


def _measure_empty_rates(stack: dict[str, Any]) -> dict[int, float]:
    """Returns the empty workflows per second at each concurrency."""
    address = stack["temporal_address"]
    worker = subprocess.Popen([sys.executable, "-m", "bench.empty_workflow", address], stdout=subprocess.PIPE)
    try:
        if worker.stdout is None or not worker.stdout.readline():
            raise RuntimeError("the worker of the empty workflow did not start")
        asyncio.run(empty_workflow.measure_rate(address, 50, 10, "warm"))
        return {
            concurrency: asyncio.run(empty_workflow.measure_rate(address, count, concurrency, f"empty-{concurrency}"))
            for concurrency, count in _EMPTY_PHASES.items()
        }
    finally:
        worker.kill()
        worker.wait()


def _print_totals(console: Console, prepared: PreparedStack) -> None:
    stack = prepared.stack
    parameters = {"limit": 1, "state": "enrolled"}
    newest = prepared.api.request("GET", "/v1/program-enrollments", params=parameters)["items"][0]["id"]
    transitions, events = asyncio.run(resource_usage.count_workflow_steps(stack["temporal_address"], newest))
    console.print(f"state transitions {transitions}, history events {events} each (four empty activities: see ratio)")
    memory = {part: resource_usage.read_memory_mb(stack["pids"][part]) for part in ("api", "worker")}
    console.print("memory: " + ", ".join(f"{part} {size:.0f} MB" for part, size in memory.items()))

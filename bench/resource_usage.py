"""Measures resources: processor time, SQL statements, memory, and what Temporal counts for a workflow."""

import re
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psutil
from temporalio.client import Client

_STATEMENTS = re.compile(r"^gridenroll_sql_statements (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class ResourceCounters:
    """The counters at one moment."""

    cpu_seconds: dict[str, float]
    statements: float

    def since(self, earlier: "ResourceCounters", count: int) -> tuple[dict[str, float], float]:
        """Returns milliseconds of processor time by part, and SQL statements, for each of `count` enrollments."""
        cpu = {part: (seconds - earlier.cpu_seconds[part]) * 1000 / count for part, seconds in self.cpu_seconds.items()}
        return cpu, (self.statements - earlier.statements) / count


def _read_cpu_seconds(pid: int) -> float:
    process = psutil.Process(pid)
    own = process.cpu_times()
    spent = own.user + own.system + own.children_user + own.children_system
    for child in process.children(recursive=True):
        # The time of a child that ends meanwhile counts for its parent the next time.
        with suppress(psutil.NoSuchProcess):
            times = child.cpu_times()
            spent += times.user + times.system
    return spent


def read_counters(stack: dict[str, Any], worker_metrics: str) -> ResourceCounters:
    """Reads the current counters of the stack."""
    parts = {part: _read_cpu_seconds(pid) for part, pid in stack["pids"].items() if part != "up"}
    return ResourceCounters(
        parts,
        _read_statement_count(f"{stack['api_url']}/metrics", stack["token"])
        + _read_statement_count(worker_metrics, ""),
    )


def _read_statement_count(url: str, token: str) -> float:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        found = _STATEMENTS.search(answer.read().decode())
    return float(found.group(1)) if found else 0.0


def read_memory_mb(pid: int) -> float:
    """Returns the resident memory of a process."""
    return psutil.Process(pid).memory_info().rss / 1024 / 1024


async def count_workflow_steps(address: str, enrollment: str) -> tuple[int, int]:
    """Returns the numbers of state transitions and history events of an enrollment's workflow."""
    client = await Client.connect(address)
    described = await client.get_workflow_handle(f"enroll/{enrollment}").describe()
    return described.raw_description.workflow_execution_info.state_transition_count, described.history_length

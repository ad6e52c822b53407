"""What a phase costs: processor time of each part, statements, memory, and what Temporal counts for one flow."""

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
    """Counters at one moment."""

    cpu_seconds: dict[str, float]
    statements: float

    def since(self, earlier: "ResourceCounters", count: int) -> tuple[dict[str, float], float]:
        """Milliseconds of processor time by part, and statements, for each of so many enrolments."""
        cpu = {part: (seconds - earlier.cpu_seconds[part]) * 1000 / count for part, seconds in self.cpu_seconds.items()}
        return cpu, (self.statements - earlier.statements) / count


def _read_cpu_seconds(pid: int) -> float:
    process = psutil.Process(pid)
    own = process.cpu_times()
    spent = own.user + own.system + own.children_user + own.children_system
    for child in process.children(recursive=True):
        # One that ends meanwhile is among the times of its parent's children the next time.
        with suppress(psutil.NoSuchProcess):
            times = child.cpu_times()
            spent += times.user + times.system
    return spent


def read_counters(stack: dict[str, Any], worker_metrics: str) -> ResourceCounters:
    """The counters now."""
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
    """Resident memory of one process."""
    return psutil.Process(pid).memory_info().rss / 1024 / 1024


async def count_workflow_steps(address: str, enrollment: str) -> tuple[int, int]:
    """State transitions and history events of an enrolment's flow."""
    client = await Client.connect(address)
    described = await client.get_workflow_handle(f"enroll/{enrollment}").describe()
    return described.raw_description.workflow_execution_info.state_transition_count, described.history_length

"""The health of a process's background tasks, for orchestrators, for Prometheus and for people."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from pydantic import BaseModel, ConfigDict

from relay.supervisor import Supervisor, TaskHealth

_EXAMPLE: dict[str, Any] = {
    "status": "ok",
    "tasks": [{"name": "relay", "age_seconds": 0.4, "failures_in_a_row": 0, "failures": 0, "error": ""}],
}


class BackgroundTask(BaseModel):
    """One background task: seconds since its last success, failures in a row and since the start, the last error."""

    name: str
    age_seconds: float
    failures_in_a_row: int
    failures: int
    error: str


class Health(BaseModel):
    """`ok`; `waiting`: a task waits for another system; `failing`: a task fails by a fault of ours, and the process
    will end if it goes on."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    status: Literal["ok", "waiting", "failing"]
    tasks: list[BackgroundTask]

    @classmethod
    def from_tasks(cls, tasks: Sequence[TaskHealth]) -> "Health":
        """Returns the health of a process with these tasks."""
        is_failing = any(task.failing for task in tasks)
        is_waiting = any(task.error for task in tasks)
        status = "failing" if is_failing else "waiting" if is_waiting else "ok"
        shown = [
            BackgroundTask(
                name=task.name,
                age_seconds=round(task.age_seconds, 1),
                failures_in_a_row=task.failures_in_a_row,
                failures=task.failures,
                error=task.error,
            )
            for task in tasks
        ]
        return cls(status=status, tasks=shown)

    @property
    def status_code(self) -> int:
        """503 for a process that an orchestrator should replace."""
        return 503 if self.status == "failing" else 200


class TaskMetrics(Collector):
    """The health of the tasks as Prometheus metrics."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        """Returns the age and the failures of each task."""
        age = GaugeMetricFamily("gridenroll_task_age_seconds", "Since a task's last success.", labels=["task"])
        failures = CounterMetricFamily("gridenroll_task_failures", "Failures of a task.", labels=["task"])
        for task in self._supervisor.health():
            age.add_metric([task.name], task.age_seconds)
            failures.add_metric([task.name], task.failures)
        yield age
        yield failures

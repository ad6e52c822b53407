"""Watches a process's background tasks: none dies unnoticed, and a process whose task cannot go on ends.

A task is a function that runs again and again. When it fails, the supervisor logs that once, waits longer each time,
and goes on.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from models.errors import Unavailable

log = structlog.get_logger()

RunOnce = Callable[[], Awaitable[None]]

GIVE_UP_AFTER = timedelta(minutes=2)
"""A task that has failed for so long because of a bug ends its process, so that a new process starts."""

FAILING_AFTER_FAULTS = 3
"""After so many failures in a row because of a bug, a task counts as failing."""

_FIRST_PAUSE_SECONDS = 0.1
_MAX_PAUSE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class TaskHealth:
    """The health of a task: seconds since its last success, failures in a row and since the start, and the last error,
    empty after a success. `failing`: because of a bug, not because another system is down."""

    name: str
    age_seconds: float
    failures_in_a_row: int
    failures: int
    error: str
    failing: bool


@dataclass(slots=True)
class _WatchedTask:
    name: str
    succeeded_at: float = field(default_factory=time.monotonic)
    failures_in_a_row: int = 0
    failures: int = 0
    faults_in_a_row: int = 0
    fault_since: float | None = None
    error: str = ""

    def record_success(self) -> None:
        if self.failures_in_a_row:
            log.info("background task goes on", task=self.name, after_failures=self.failures_in_a_row)
        self.succeeded_at, self.failures_in_a_row, self.faults_in_a_row, self.fault_since, self.error = (
            time.monotonic(),
            0,
            0,
            None,
            "",
        )

    def record_outage(self, error: Unavailable) -> None:
        """Another system is down: nothing is wrong with the task."""
        if error.detail != self.error:
            log.warning("background task waits", task=self.name, error=error.detail)
        self._count(error.detail)
        self.faults_in_a_row, self.fault_since = 0, None

    def record_fault(self, error: BaseException) -> None:
        """The task failed because of a bug; the same error in a row is logged once."""
        name = type(error).__name__
        if name != self.error:
            log.error("background task failed", task=self.name, error=name, exc_info=error)
        self._count(name)
        self.faults_in_a_row += 1
        self.fault_since = self.fault_since if self.fault_since is not None else time.monotonic()

    def _count(self, error: str) -> None:
        self.failures_in_a_row += 1
        self.failures += 1
        self.error = error

    @property
    def pause(self) -> float:
        return min(_FIRST_PAUSE_SECONDS * 2 ** min(self.failures_in_a_row, 10), _MAX_PAUSE_SECONDS)

    def health(self) -> TaskHealth:
        age = time.monotonic() - self.succeeded_at
        return TaskHealth(
            self.name,
            age,
            self.failures_in_a_row,
            self.failures,
            self.error,
            self.faults_in_a_row >= FAILING_AFTER_FAULTS,
        )


class Supervisor:
    """The background tasks of one process."""

    def __init__(self, give_up_after: timedelta = GIVE_UP_AFTER) -> None:
        self._give_up_after = give_up_after.total_seconds()
        self._watched: list[_WatchedTask] = []
        self._tasks: list[asyncio.Task[None]] = []
        self.gave_up = asyncio.Event()
        """Set when a task cannot go on: the process has to end."""

    def start(self, name: str, run_once: RunOnce) -> None:
        """Runs `run_once` again and again until `stop`. It has to return now and then even if there is nothing to do:
        that shows that the task lives."""
        watched = _WatchedTask(name)
        self._watched.append(watched)
        self._tasks.append(asyncio.create_task(self._run(watched, run_once), name=name))

    async def stop(self) -> None:
        """Ends every task."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    def health(self) -> list[TaskHealth]:
        """Returns the health of each task."""
        return [task.health() for task in self._watched]

    async def _run(self, watched: _WatchedTask, run_once: RunOnce) -> None:
        while True:
            try:
                await run_once()
            except asyncio.CancelledError as error:
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise
                watched.record_fault(error)  # a library's time-out cancelled it from within: the task goes on
            except Unavailable as error:
                watched.record_outage(error)
            except Exception as error:
                watched.record_fault(error)
            else:
                watched.record_success()
                continue
            self._give_up_if_stuck(watched)
            await asyncio.sleep(watched.pause)

    def _give_up_if_stuck(self, watched: _WatchedTask) -> None:
        since = watched.fault_since
        if since is not None and time.monotonic() - since >= self._give_up_after:
            log.critical("background task keeps failing: the process ends", task=watched.name, error=watched.error)
            self.gave_up.set()

"""One part of the stack and its life: it starts, becomes ready, and starts again after a pause if it ends."""

import signal
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from stack.processes.process import Program, RunningProcess, start_process


@dataclass(frozen=True)
class Part:
    """A program that runs as long as the stack.

    `prepare` returns the program, at every start. `is_ready` gets its process id. `stop_note` says what the
    part is doing when its stop takes long.
    """

    name: str
    title: str
    prepare: Callable[[], Program]
    is_ready: Callable[[int], bool]
    ready_seconds: float = 180.0
    stop_seconds: float = 20.0
    stop_note: str = "it finishes its work"


@dataclass(frozen=True)
class Job:
    """A program that must end with success before the next step starts."""

    title: str
    program: Program


@dataclass(frozen=True)
class RestartPolicy:
    """How often a part may fail within a time, and how long the first pause is; each next pause is twice as long."""

    max_failures: int = 5
    window_seconds: float = 60.0
    first_delay_seconds: float = 0.5


class PartState(Enum):
    """The state of a part."""

    STARTING = auto()
    READY = auto()
    BACKING_OFF = auto()


@dataclass(frozen=True)
class BecameReady:
    """The part is ready, for the first time or again."""

    seconds: float
    again: bool


@dataclass(frozen=True)
class Restarted:
    """The part has a new process, which is not ready yet."""


@dataclass(frozen=True)
class Died:
    """The part's process ended. `restart_delay` is None when the part will not start again."""

    reason: str
    log_tail: str
    restart_delay: float | None


Event = BecameReady | Restarted | Died


@dataclass
class SupervisedPart:
    """A part with its process and state. `poll` takes it one step further and never waits."""

    part: Part
    policy: RestartPolicy
    process: RunningProcess
    since: float
    state: PartState = PartState.STARTING
    was_ready: bool = False
    restart_delay: float = 0.0
    failures: deque[float] = field(default_factory=deque[float])

    def poll(self) -> Event | None:
        """Returns what has happened to the part; None for nothing."""
        if self.state is PartState.BACKING_OFF:
            return self._restart_if_due()
        code = self.process.exit_code()
        if code is not None:
            return self._handle_exit(describe_exit(code))
        if self.state is PartState.STARTING:
            return self._check_ready()
        return None

    def _restart_if_due(self) -> Event | None:
        if self._elapsed_seconds() < self.restart_delay:
            return None
        self._set_state(PartState.STARTING)
        self.process = start_process(self.part.prepare())
        return Restarted()

    def _check_ready(self) -> Event | None:
        seconds = self._elapsed_seconds()
        if self.part.is_ready(self.process.pid):
            again, self.was_ready = self.was_ready, True
            self._set_state(PartState.READY)
            return BecameReady(seconds, again)
        if seconds > self.part.ready_seconds:
            self.process.kill()
            return self._handle_exit(f"was not ready after {seconds:.0f} s")
        return None

    def _handle_exit(self, reason: str) -> Event:
        self.process.kill()
        self._set_state(PartState.BACKING_OFF)
        self.failures.append(self.since)
        while self.failures[0] < self.since - self.policy.window_seconds:
            self.failures.popleft()
        self.restart_delay = self.policy.first_delay_seconds * 2.0 ** (len(self.failures) - 1)
        is_last = len(self.failures) >= self.policy.max_failures
        return Died(reason, self.process.read_log_tail(), None if is_last else self.restart_delay)

    def _set_state(self, state: PartState) -> None:
        self.state = state
        self.since = time.monotonic()

    def _elapsed_seconds(self) -> float:
        return time.monotonic() - self.since


def start_part(part: Part, policy: RestartPolicy) -> SupervisedPart:
    """Starts a part for the first time. The time to prepare it counts as time to become ready."""
    since = time.monotonic()
    return SupervisedPart(part, policy, start_process(part.prepare()), since)


def describe_exit(code: int) -> str:
    """Returns how a process ended, as the end of a sentence."""
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

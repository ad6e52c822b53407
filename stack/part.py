"""One part of the stack over its life: started, ready, dead, started again after a pause, given up."""

import signal
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from stack.process import Program, Running, start


@dataclass(frozen=True)
class Part:
    """A program that stays. `prepare` says what to run, each time it is started; `ready` is asked with its pid.
    `while_stopping` says what it does when a stop takes long."""

    name: str
    title: str
    prepare: Callable[[], Program]
    ready: Callable[[int], bool]
    ready_within: float = 180.0
    stop_within: float = 20.0
    while_stopping: str = "it finishes what it has begun"


@dataclass(frozen=True)
class Chore:
    """A program that ends, and has to end well before the next part starts."""

    title: str
    program: Program


@dataclass(frozen=True)
class Patience:
    """How often a part may die, and how long to pause after the first time; the pause doubles."""

    deaths: int = 5
    within: float = 60.0
    first_pause: float = 0.5


class State(Enum):
    """Where a part is."""

    STARTING = auto()
    READY = auto()
    PAUSING = auto()


@dataclass(frozen=True)
class BecameReady:
    """For the first time, or again."""

    seconds: float
    again: bool


@dataclass(frozen=True)
class Restarted:
    """It has a new process, which is not ready yet."""


@dataclass(frozen=True)
class Died:
    """How, with the end of its log, and when it is started again; None when it is given up."""

    how: str
    last_words: str
    pause: float | None


Event = BecameReady | Restarted | Died


@dataclass
class Watched:
    """A part and where it is; `advance` moves it on and never waits."""

    part: Part
    patience: Patience
    running: Running
    since: float
    state: State = State.STARTING
    was_ready: bool = False
    pause: float = 0.0
    deaths: deque[float] = field(default_factory=deque[float])

    def advance(self) -> Event | None:
        """What has happened to it, if anything has."""
        if self.state is State.PAUSING:
            return self._perhaps_restart()
        code = self.running.exit_code()
        if code is not None:
            return self._dead(how_it_ended(code))
        if self.state is State.STARTING:
            return self._perhaps_ready()
        return None

    def _perhaps_restart(self) -> Event | None:
        if self._elapsed() < self.pause:
            return None
        self._enter(State.STARTING)
        self.running = start(self.part.prepare())
        return Restarted()

    def _perhaps_ready(self) -> Event | None:
        seconds = self._elapsed()
        if self.part.ready(self.running.pid):
            again, self.was_ready = self.was_ready, True
            self._enter(State.READY)
            return BecameReady(seconds, again)
        if seconds > self.part.ready_within:
            self.running.kill()
            return self._dead(f"was not ready after {seconds:.0f} s")
        return None

    def _dead(self, how: str) -> Event:
        self.running.kill()
        self._enter(State.PAUSING)
        self.deaths.append(self.since)
        while self.deaths[0] < self.since - self.patience.within:
            self.deaths.popleft()
        self.pause = self.patience.first_pause * 2.0 ** (len(self.deaths) - 1)
        given_up = len(self.deaths) >= self.patience.deaths
        return Died(how, self.running.last_words(), None if given_up else self.pause)

    def _enter(self, state: State) -> None:
        self.state = state
        self.since = time.monotonic()

    def _elapsed(self) -> float:
        return time.monotonic() - self.since


def begin(part: Part, patience: Patience) -> Watched:
    """Start it for the first time; the time to prepare counts as time to get ready."""
    since = time.monotonic()
    return Watched(part, patience, start(part.prepare()), since)


def how_it_ended(code: int) -> str:
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

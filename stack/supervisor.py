"""Starts the parts in order, keeps them running, and stops them in the reverse order, whatever happens in between."""

import time
from collections.abc import Callable, Mapping, Sequence
from textwrap import indent

from stack.data_dir import DataDir
from stack.errors import StackError, remedy_for
from stack.leftovers import remember
from stack.part import (
    BecameReady,
    Chore,
    Died,
    Event,
    Part,
    Patience,
    Restarted,
    State,
    Watched,
    begin,
    how_it_ended,
)
from stack.process import Running, start
from stack.signals import Signals

POLL_SECONDS = 0.05
IDLE_SECONDS = 60.0
HURRY_SECONDS = 3.0
SILENT_SECONDS = 2.0
"""A stop that takes longer says what is waited for."""


class StopRequestedError(Exception):
    """Somebody asked us to stop while we were starting."""


Step = Chore | Sequence[Part]
"""A chore, or parts that do not need each other and start together."""


class Supervisor:
    """Lives in one thread. The list of steps is data; nothing here knows what the parts are."""

    def __init__(
        self, data: DataDir, signals: Signals, say: Callable[[str], None], patience: Patience | None = None
    ) -> None:
        self._data = data
        self._signals = signals
        self._say = say
        self._patience = patience or Patience()
        self._watched: list[Watched] = []

    @property
    def pids(self) -> dict[str, int]:
        return {watched.part.name: watched.running.pid for watched in self._watched}

    def run(self, steps: Sequence[Step], complete: Callable[[Mapping[str, int]], None]) -> None:
        """Until somebody asks to stop, or a part is given up. `complete` is called whenever all have become ready."""
        try:
            for step in steps:
                self._take(step)
            while True:
                complete(self.pids)
                self._keep()
        except StopRequestedError:
            pass
        finally:
            self._stop()

    def _take(self, step: Step) -> None:
        if isinstance(step, Chore):
            self._do(step)
        else:
            self._start(step)

    def _start(self, parts: Sequence[Part]) -> None:
        for part in parts:
            self._watched.append(begin(part, self._patience))
            self._remember()
        while not all(watched.was_ready for watched in self._watched):
            self._turn()

    def _do(self, chore: Chore) -> None:
        began = time.monotonic()
        running = start(chore.program)
        try:
            while (code := running.exit_code()) is None:
                self._turn()
        finally:
            running.kill()
        if code != 0:
            raise _did_not_start(chore.title, how_it_ended(code), running.last_words(), running)
        self._say(f"{chore.title} … done in {time.monotonic() - began:.1f} s{_words(running.output())}")

    def _keep(self) -> None:
        """Until one was restarted and all are ready."""
        while all(watched.state is State.READY for watched in self._watched):
            # The end of a child wakes us at once.
            self._turn(IDLE_SECONDS)
        while any(watched.state is not State.READY for watched in self._watched):
            self._turn()

    def _turn(self, seconds: float = POLL_SECONDS) -> None:
        """Wait a little, then see what has become of each part."""
        self._signals.wait(seconds)
        if self._signals.stopping:
            raise StopRequestedError
        for watched in self._watched:
            self._react(watched, watched.advance())

    def _react(self, watched: Watched, event: Event | None) -> None:
        match event:
            case BecameReady(seconds, again):
                self._say(f"{watched.part.title} … ready {'again ' if again else ''}in {seconds:.1f} s")
            case Restarted():
                self._remember()
            case Died(how, last_words) if not watched.was_ready:
                raise _did_not_start(watched.part.title, how, last_words, watched.running)
            case Died():
                self._mourn(watched, event)
            case None:
                pass

    def _mourn(self, watched: Watched, died: Died) -> None:
        title, log = watched.part.title, watched.running.program.log
        if died.pause is None:
            raise StackError(
                f"{title} {died.how}. It is given up after {len(watched.deaths)} ends in a short time.",
                f"{remedy_for(died.last_words, 'Correct the cause and start again.')} Its log is {log}.",
                details=died.last_words,
            )
        self._say(f"{title} {died.how}; it starts again in {died.pause:.1f} s. Its log is {log}")
        if died.last_words:
            self._say(indent(died.last_words, "  "))

    def _remember(self) -> None:
        remember(self._data, [watched.running for watched in self._watched])

    def _stop(self) -> None:
        alive = [watched for watched in reversed(self._watched) if watched.running.exit_code() is None]
        if alive:
            self._say("\nStopping.")
        for watched in alive:
            self._say(f"{watched.part.title} … {self._end(watched)}")
        self._data.processes.unlink(missing_ok=True)

    def _end(self, watched: Watched) -> str:
        part, running, began = watched.part, watched.running, time.monotonic()
        running.ask_to_stop()
        obeyed = self._gone(running, min(SILENT_SECONDS, part.stop_within), self._hurrying)
        if not obeyed and not self._hurrying():
            self._say(f"{part.title} … still stopping: {part.while_stopping} (up to {part.stop_within:.0f} s)")
            obeyed = self._gone(running, part.stop_within - SILENT_SECONDS, self._hurrying)
        if not obeyed:
            running.hurry()
            self._gone(running, HURRY_SECONDS, lambda: False)
        running.kill()
        seconds = time.monotonic() - began
        return ("stopped" if obeyed else "killed") + (f" after {seconds:.0f} s" if seconds > SILENT_SECONDS else "")

    def _hurrying(self) -> bool:
        return self._signals.hurrying

    def _gone(self, running: Running, within: float, impatient: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + within
        while running.exit_code() is None and time.monotonic() < deadline and not impatient():
            self._signals.wait(POLL_SECONDS)
        return running.exit_code() is not None


def _words(output: str) -> str:
    """The last that it said for people, if anything, and not in JSON for machines."""
    said = [line for line in output.splitlines() if line.strip() and not line.startswith("{")]
    return f": {said[-1]}" if said else ""


def _did_not_start(title: str, how: str, last_words: str, running: Running) -> StackError:
    remedy = remedy_for(last_words, "Correct that and start again.")
    return StackError(
        f"{title} {how} while the stack was starting.",
        f"{remedy} Its log is {running.program.log}.",
        details=last_words,
    )

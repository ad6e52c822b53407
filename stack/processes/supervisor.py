"""Starts the parts in order, keeps them running, and stops them in the reverse order, whatever happens in between."""

import time
from collections.abc import Callable, Mapping, Sequence
from textwrap import indent

from stack.data.directory import DataDir
from stack.errors import StackError, choose_remedy
from stack.processes.leftovers import record_processes
from stack.processes.part import (
    BecameReady,
    Died,
    Event,
    Job,
    Part,
    PartState,
    Restarted,
    RestartPolicy,
    SupervisedPart,
    describe_exit,
    start_part,
)
from stack.processes.process import RunningProcess, start_process
from stack.processes.stop_signals import StopSignals

POLL_SECONDS = 0.05
IDLE_SECONDS = 60.0
FAST_STOP_SECONDS = 3.0
QUIET_STOP_SECONDS = 2.0
"""A stop that takes longer says what is waited for."""


class StopRequestedError(Exception):
    """Somebody asked us to stop while we were starting."""


Step = Job | Sequence[Part]
"""A chore, or parts that do not need each other and start together."""


class Supervisor:
    """Lives in one thread. The list of steps is data; nothing here knows what the parts are."""

    def __init__(
        self, data: DataDir, signals: StopSignals, say: Callable[[str], None], patience: RestartPolicy | None = None
    ) -> None:
        self._data = data
        self._signals = signals
        self._print_line = say
        self._restart_policy = patience or RestartPolicy()
        self._parts: list[SupervisedPart] = []

    @property
    def pids(self) -> dict[str, int]:
        return {watched.part.name: watched.process.pid for watched in self._parts}

    def run(self, steps: Sequence[Step], complete: Callable[[Mapping[str, int]], None]) -> None:
        """Until somebody asks to stop, or a part is given up. `complete` is called whenever all have become ready."""
        try:
            for step in steps:
                self._run_step(step)
            while True:
                complete(self.pids)
                self._keep_running()
        except StopRequestedError:
            pass
        finally:
            self._stop_all()

    def _run_step(self, step: Step) -> None:
        if isinstance(step, Job):
            self._run_job(step)
        else:
            self._start_parts(step)

    def _start_parts(self, parts: Sequence[Part]) -> None:
        for part in parts:
            self._parts.append(start_part(part, self._restart_policy))
            self._record_processes()
        while not all(watched.was_ready for watched in self._parts):
            self._poll()

    def _run_job(self, chore: Job) -> None:
        began = time.monotonic()
        running = start_process(chore.program)
        try:
            while (code := running.exit_code()) is None:
                self._poll()
        finally:
            running.kill()
        if code != 0:
            raise _build_start_error(chore.title, describe_exit(code), running.read_log_tail(), running)
        self._print_line(
            f"{chore.title} … done in {time.monotonic() - began:.1f} s{_format_last_message(running.read_output())}"
        )

    def _keep_running(self) -> None:
        """Until one was restarted and all are ready."""
        while all(watched.state is PartState.READY for watched in self._parts):
            # The end of a child wakes us at once.
            self._poll(IDLE_SECONDS)
        while any(watched.state is not PartState.READY for watched in self._parts):
            self._poll()

    def _poll(self, seconds: float = POLL_SECONDS) -> None:
        """Wait a little, then see what has become of each part."""
        self._signals.wait(seconds)
        if self._signals.is_stop_requested:
            raise StopRequestedError
        for watched in self._parts:
            self._handle_event(watched, watched.poll())

    def _handle_event(self, watched: SupervisedPart, event: Event | None) -> None:
        match event:
            case BecameReady(seconds, again):
                self._print_line(f"{watched.part.title} … ready {'again ' if again else ''}in {seconds:.1f} s")
            case Restarted():
                self._record_processes()
            case Died(how, last_words) if not watched.was_ready:
                raise _build_start_error(watched.part.title, how, last_words, watched.process)
            case Died():
                self._report_death(watched, event)
            case None:
                pass

    def _report_death(self, watched: SupervisedPart, died: Died) -> None:
        title, log = watched.part.title, watched.process.program.log
        if died.restart_delay is None:
            raise StackError(
                f"{title} {died.reason}. It is given up after {len(watched.failures)} ends in a short time.",
                f"{choose_remedy(died.log_tail, 'Correct the cause and start again.')} Its log is {log}.",
                details=died.log_tail,
            )
        self._print_line(f"{title} {died.reason}; it starts again in {died.restart_delay:.1f} s. Its log is {log}")
        if died.log_tail:
            self._print_line(indent(died.log_tail, "  "))

    def _record_processes(self) -> None:
        record_processes(self._data, [watched.process for watched in self._parts])

    def _stop_all(self) -> None:
        alive = [watched for watched in reversed(self._parts) if watched.process.exit_code() is None]
        if alive:
            self._print_line("\nStopping.")
        for watched in alive:
            self._print_line(f"{watched.part.title} … {self._stop_part(watched)}")
        self._data.processes.unlink(missing_ok=True)

    def _stop_part(self, watched: SupervisedPart) -> str:
        part, running, began = watched.part, watched.process, time.monotonic()
        running.request_stop()
        obeyed = self._wait_for_exit(running, min(QUIET_STOP_SECONDS, part.stop_seconds), self._is_fast_stop_requested)
        if not obeyed and not self._is_fast_stop_requested():
            self._print_line(f"{part.title} … still stopping: {part.stop_note} (up to {part.stop_seconds:.0f} s)")
            obeyed = self._wait_for_exit(running, part.stop_seconds - QUIET_STOP_SECONDS, self._is_fast_stop_requested)
        if not obeyed:
            running.stop_fast()
            self._wait_for_exit(running, FAST_STOP_SECONDS, lambda: False)
        running.kill()
        seconds = time.monotonic() - began
        return ("stopped" if obeyed else "killed") + (f" after {seconds:.0f} s" if seconds > QUIET_STOP_SECONDS else "")

    def _is_fast_stop_requested(self) -> bool:
        return self._signals.is_fast_stop_requested

    def _wait_for_exit(self, running: RunningProcess, within: float, impatient: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + within
        while running.exit_code() is None and time.monotonic() < deadline and not impatient():
            self._signals.wait(POLL_SECONDS)
        return running.exit_code() is not None


def _format_last_message(output: str) -> str:
    """The last that it said for people, if anything, and not in JSON for machines."""
    said = [line for line in output.splitlines() if line.strip() and not line.startswith("{")]
    return f": {said[-1]}" if said else ""


def _build_start_error(title: str, how: str, last_words: str, running: RunningProcess) -> StackError:
    remedy = choose_remedy(last_words, "Correct that and start again.")
    return StackError(
        f"{title} {how} while the stack was starting.",
        f"{remedy} Its log is {running.program.log}.",
        details=last_words,
    )

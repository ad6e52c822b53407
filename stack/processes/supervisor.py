"""Starts the parts of the stack in order, keeps them running, and always stops them in the reverse order."""

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
"""A stop that takes longer prints what it waits for."""


class StopRequestedError(Exception):
    """A signal asked the stack to stop."""


Step = Job | Sequence[Part]
"""A job, or parts that do not need each other and start together."""


class Supervisor:
    """Runs in one thread. It knows nothing about the parts except what their steps say."""

    def __init__(
        self,
        data: DataDir,
        signals: StopSignals,
        print_line: Callable[[str], None],
        policy: RestartPolicy | None = None,
    ) -> None:
        self._data = data
        self._signals = signals
        self._print_line = print_line
        self._policy = policy or RestartPolicy()
        self._parts: list[SupervisedPart] = []

    @property
    def pids(self) -> dict[str, int]:
        return {supervised.part.name: supervised.process.pid for supervised in self._parts}

    def run(self, steps: Sequence[Step], report_ready: Callable[[Mapping[str, int]], None]) -> None:
        """Runs the steps until a signal asks to stop. Calls `report_ready` whenever all parts have become ready.

        Raises:
            StackError: a job failed, or a part did not start or failed too often.
        """
        try:
            for step in steps:
                self._run_step(step)
            while True:
                report_ready(self.pids)
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
            self._parts.append(start_part(part, self._policy))
            self._record_processes()
        while not all(supervised.was_ready for supervised in self._parts):
            self._poll()

    def _run_job(self, job: Job) -> None:
        began = time.monotonic()
        process = start_process(job.program)
        try:
            while (code := process.exit_code()) is None:
                self._poll()
        finally:
            process.kill()
        if code != 0:
            raise _build_start_error(job.title, describe_exit(code), process.read_log_tail(), process)
        message = _format_last_message(process.read_output())
        self._print_line(f"{job.title} … done in {time.monotonic() - began:.1f} s{message}")

    def _keep_running(self) -> None:
        """Returns when a part has started again and all parts are ready."""
        while all(supervised.state is PartState.READY for supervised in self._parts):
            # The end of a child process ends this wait at once.
            self._poll(IDLE_SECONDS)
        while any(supervised.state is not PartState.READY for supervised in self._parts):
            self._poll()

    def _poll(self, seconds: float = POLL_SECONDS) -> None:
        """Waits a little, then handles what has happened to each part."""
        self._signals.wait(seconds)
        if self._signals.is_stop_requested:
            raise StopRequestedError
        for supervised in self._parts:
            self._handle_event(supervised, supervised.poll())

    def _handle_event(self, supervised: SupervisedPart, event: Event | None) -> None:
        match event:
            case BecameReady(seconds, again):
                self._print_line(f"{supervised.part.title} … ready {'again ' if again else ''}in {seconds:.1f} s")
            case Restarted():
                self._record_processes()
            case Died(reason, log_tail) if not supervised.was_ready:
                raise _build_start_error(supervised.part.title, reason, log_tail, supervised.process)
            case Died():
                self._report_death(supervised, event)
            case None:
                pass

    def _report_death(self, supervised: SupervisedPart, died: Died) -> None:
        title, log = supervised.part.title, supervised.process.program.log
        if died.restart_delay is None:
            raise StackError(
                f"{title} {died.reason}. The stack stops after {len(supervised.failures)} failures in a short time.",
                f"{choose_remedy(died.log_tail, 'Correct the cause and start again.')} Its log is {log}.",
                details=died.log_tail,
            )
        self._print_line(f"{title} {died.reason}; it starts again in {died.restart_delay:.1f} s. Its log is {log}")
        if died.log_tail:
            self._print_line(indent(died.log_tail, "  "))

    def _record_processes(self) -> None:
        record_processes(self._data, [supervised.process for supervised in self._parts])

    def _stop_all(self) -> None:
        alive = [supervised for supervised in reversed(self._parts) if supervised.process.exit_code() is None]
        if alive:
            self._print_line("\nStopping.")
        for supervised in alive:
            self._print_line(f"{supervised.part.title} … {self._stop_part(supervised)}")
        self._data.processes.unlink(missing_ok=True)

    def _stop_part(self, supervised: SupervisedPart) -> str:
        """Stops a part: gently, then fast if that takes too long or a second Ctrl-C comes. Returns how it stopped."""
        process, began = supervised.process, time.monotonic()
        process.request_stop()
        has_stopped = self._wait_for_gentle_stop(supervised.part, process)
        if not has_stopped:
            process.stop_fast()
            self._wait_for_exit(process, FAST_STOP_SECONDS, lambda: False)
        process.kill()
        seconds = time.monotonic() - began
        duration = f" after {seconds:.0f} s" if seconds > QUIET_STOP_SECONDS else ""
        return f"{'stopped' if has_stopped else 'killed'}{duration}"

    def _wait_for_gentle_stop(self, part: Part, process: RunningProcess) -> bool:
        """Returns whether the process stopped by itself. Prints what it waits for if that takes long."""
        if self._wait_for_exit(process, min(QUIET_STOP_SECONDS, part.stop_seconds), self._is_fast_stop_requested):
            return True
        if self._is_fast_stop_requested():
            return False
        self._print_line(f"{part.title} … still stopping: {part.stop_note} (up to {part.stop_seconds:.0f} s)")
        return self._wait_for_exit(process, part.stop_seconds - QUIET_STOP_SECONDS, self._is_fast_stop_requested)

    def _is_fast_stop_requested(self) -> bool:
        return self._signals.is_fast_stop_requested

    def _wait_for_exit(self, process: RunningProcess, seconds: float, is_aborted: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + seconds
        while process.exit_code() is None and time.monotonic() < deadline and not is_aborted():
            self._signals.wait(POLL_SECONDS)
        return process.exit_code() is not None


def _format_last_message(output: str) -> str:
    """Returns the last line of the output that is written for people, not as JSON; empty without one."""
    lines = [line for line in output.splitlines() if line.strip() and not line.startswith("{")]
    return f": {lines[-1]}" if lines else ""


def _build_start_error(title: str, reason: str, log_tail: str, process: RunningProcess) -> StackError:
    remedy = choose_remedy(log_tail, "Correct that and start again.")
    return StackError(
        f"{title} {reason} while the stack was starting.",
        f"{remedy} Its log is {process.program.log}.",
        details=log_tail,
    )

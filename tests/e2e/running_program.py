"""A Python program in a process of its own, whose output tests wait for."""

import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import psutil

from tests.waiting import WAIT_SECONDS

ROOT = Path(__file__).parents[2]


class RunningProgram:
    """Runs a program in its own session and reads both output streams as they come."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], *, before: Sequence[str] = ()) -> None:
        self.process = subprocess.Popen(
            [*before, sys.executable, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**environment, "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            start_new_session=True,
        )
        self._output = ""
        self._ended = False
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read_output, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the program, whatever went wrong in the test."""
        if self.process.poll() is None:
            self.stop(signal.SIGTERM)

    @property
    def output(self) -> str:
        return self._output

    def wait_for_output(self, text: str) -> None:
        """Wait until the output contains the text; fail if the program ends without it."""
        with self._changed:
            self._changed.wait_for(lambda: text in self._output or self._ended, WAIT_SECONDS)
        assert text in self._output, f"{text!r} was not said in:\n{self._output}"

    def stop(self, number: int | None = None) -> int:
        """Send a signal if one is given; return the exit code once all output is read."""
        if number is not None:
            self.process.send_signal(number)
        code = self.process.wait(WAIT_SECONDS)
        self._reader.join(WAIT_SECONDS)
        return code

    def list_children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def _read_output(self) -> None:
        assert self.process.stdout
        with self.process.stdout as output:
            for line in output:
                self._add_output(line.decode())
        self._add_output("", ended=True)

    def _add_output(self, line: str, *, ended: bool = False) -> None:
        with self._changed:
            self._output += line
            self._ended = ended
            self._changed.notify_all()


def have_all_ended(processes: Sequence[psutil.Process]) -> bool:
    """Return whether all processes end in time. Zombies count as ended: in many containers nobody collects them."""
    _, left = psutil.wait_procs(processes, WAIT_SECONDS)
    return not any(map(_is_alive, left))


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False

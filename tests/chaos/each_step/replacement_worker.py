"""A worker in the place of the stack's own, with its very environment, until it is killed; and the next."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType

import psutil

from tests.chaos.stack_processes import StackProcesses
from tests.waiting import wait_for


class ReplacementWorker:
    """Holds each flow that comes to a place first (blocking_worker.py). The supervisor is frozen meanwhile: it would
    see     its own worker dead and start another."""

    def __init__(self, victim: StackProcesses, log: Path) -> None:
        self._victim, self._log = victim, log

    def __enter__(self) -> "ReplacementWorker":
        own = psutil.Process(self._victim.description["pids"]["worker"])
        self._environment = own.environ()
        self._victim.freeze("up")
        own.terminate()
        # Nobody takes notice of its end, as long as the supervisor is frozen.
        wait_for(lambda: own.status() == psutil.STATUS_ZOMBIE)
        self._start(str(self._log))
        return self

    def _start(self, *arguments: str) -> None:
        with self._log.with_suffix(".said").open("ab") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.each_step.blocking_worker", *arguments],
                env=self._environment,
                cwd=Path(__file__).parents[3],
                stdout=said,
                stderr=subprocess.STDOUT,
            )

    def kill(self) -> None:
        """Without a warning. The next one holds nobody."""
        self._end()
        self._start()

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """The supervisor wakes, finds its own worker gone, and starts another."""
        self._end()
        os.kill(self._victim.description["pids"]["up"], signal.SIGCONT)

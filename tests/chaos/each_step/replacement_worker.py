"""Replaces the stack's own worker, in the same environment, until it is killed; then starts the next one."""

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
    """Blocks the first workflow at each blocking point (blocking_worker.py).

    The supervisor is frozen meanwhile: it would notice that its own worker is dead and start another.
    """

    def __init__(self, victim: StackProcesses, log: Path) -> None:
        self._victim, self._log = victim, log

    def __enter__(self) -> "ReplacementWorker":
        own = psutil.Process(self._victim.description["pids"]["worker"])
        self._environment = own.environ()
        self._victim.freeze("up")
        own.terminate()
        # The frozen supervisor does not collect its dead child.
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
        """Kill the worker without warning. The next one blocks nothing."""
        self._end()
        self._start()

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Wake the supervisor, which finds its own worker dead and starts another."""
        self._end()
        os.kill(self._victim.description["pids"]["up"], signal.SIGCONT)

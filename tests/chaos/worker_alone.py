"""A worker that can be killed as often as one likes: the supervisor, which gives up on such a one, is frozen."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from tests.chaos.victim import Victim


class WorkerAlone:
    """Takes the place of the stack's worker, with its very environment, until it is given back."""

    def __init__(self, victim: Victim) -> None:
        self._victim = victim
        pids = victim.description["pids"]
        self._environment = psutil.Process(pids["worker"]).environ()
        victim.freeze("up")
        os.kill(pids["worker"], signal.SIGKILL)
        self.kills = 0
        self._process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        with (self._victim.data_dir.with_suffix(".worker.log")).open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "cli.main", "serve", "worker"],
                env=self._environment,
                cwd=Path(__file__).parents[2],
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def kill(self) -> None:
        """Without a warning; the next one starts at once."""
        self._process.kill()
        self._process.wait()
        self.kills += 1
        self._process = self._started()

    def give_back(self) -> None:
        """The supervisor wakes, finds its own worker dead, and starts another."""
        self._process.kill()
        self._process.wait()
        os.kill(self._victim.description["pids"]["up"], signal.SIGCONT)

"""A worker in the place of the stack's own, with its very environment, until it is killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from tests.chaos.victim import Victim
from tests.integration.doors import wait_for


class WorkerAlone:
    """Holds each flow that comes to a place first (holding_worker.py). The supervisor is frozen meanwhile: it would see
    its own worker dead and start another."""

    def __init__(self, victim: Victim, log: Path) -> None:
        self._supervisor = victim.description["pids"]["up"]
        own = psutil.Process(victim.description["pids"]["worker"])
        environment = own.environ()
        victim.freeze("up")
        own.terminate()
        # Nobody takes notice of its end, as long as the supervisor is frozen.
        wait_for(lambda: own.status() == psutil.STATUS_ZOMBIE)
        with log.with_suffix(".said").open("wb") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.holding_worker", str(log)],
                env=environment,
                cwd=Path(__file__).parents[2],
                stdout=said,
                stderr=subprocess.STDOUT,
            )

    def kill(self) -> None:
        """Without a warning. The supervisor wakes, finds its own worker gone, and starts another."""
        self._process.kill()
        self._process.wait()
        os.kill(self._supervisor, signal.SIGCONT)

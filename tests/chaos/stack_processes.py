"""A running stack as those see it who kill its parts."""

import json
import os
import signal
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from tests.waiting import WAIT_SECONDS


class StackProcesses:
    """Reads stack.json anew each time: a part that was restarted has another process."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.killed: dict[str, int] = {}
        self.killed_at: dict[str, datetime] = {}

    @property
    def description(self) -> dict[str, Any]:
        return json.loads((self.data_dir / "stack.json").read_text())

    def kill(self, part: str) -> None:
        """Without a warning; it is not waited for."""
        self.killed[part] = self.description["pids"][part]
        self.killed_at[part] = datetime.now(UTC)
        os.kill(self.killed[part], signal.SIGKILL)

    def list_not_restarted(self) -> set[str]:
        """The parts that were killed and have not been started again, as far as stack.json tells."""
        now = self.description["pids"]
        return {part for part, before in self.killed.items() if now[part] == before}

    def kill_everything(self) -> None:
        """The supervisor too, which would start again what it sees dead; returns when nothing of it lives."""
        up = psutil.Process(self.description["pids"]["up"])
        processes = [up, *up.children(recursive=True)]
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, WAIT_SECONDS)

    def freeze(self, part: str) -> None:
        """It lives and answers nobody."""
        os.kill(self.description["pids"][part], signal.SIGSTOP)

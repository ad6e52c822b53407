"""The processes of a running stack, which tests freeze and kill."""

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
    """Reads stack.json for each action, because a restarted part is a new process."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.killed: dict[str, int] = {}
        self.killed_at: dict[str, datetime] = {}

    @property
    def description(self) -> dict[str, Any]:
        return json.loads((self.data_dir / "stack.json").read_text())

    def kill(self, part: str) -> None:
        """Kill the part without warning, and do not wait for its end."""
        self.killed[part] = self.description["pids"][part]
        self.killed_at[part] = datetime.now(UTC)
        os.kill(self.killed[part], signal.SIGKILL)

    def list_not_restarted(self) -> set[str]:
        """Return the killed parts that have not been restarted, according to stack.json."""
        now = self.description["pids"]
        return {part for part, before in self.killed.items() if now[part] == before}

    def kill_everything(self) -> None:
        """Kill every process, beginning with the supervisor, which would restart the others; return when all are
        dead."""
        up = psutil.Process(self.description["pids"]["up"])
        processes = [up, *up.children(recursive=True)]
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, WAIT_SECONDS)

    def freeze(self, part: str) -> None:
        """Freeze the part: it lives and answers nobody."""
        os.kill(self.description["pids"][part], signal.SIGSTOP)

"""A running stack as those see it who kill its parts."""

import json
import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


class Victim:
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

    def freeze(self, part: str) -> None:
        """It lives and answers nobody."""
        os.kill(self.description["pids"][part], signal.SIGSTOP)

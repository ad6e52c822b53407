"""The real command, in a process of its own, against the running stack."""

import json
import os
import subprocess
import sys
from typing import Any

from tests.integration.doors import ROOT, Doors


class Commands:
    """`gridenroll` as somebody types it."""

    def __init__(self, doors: Doors) -> None:
        known = {"GRIDENROLL_API_URL": doors.stack["api_url"], "GRIDENROLL_API_TOKEN": doors.stack["token"]}
        self._environment = {**os.environ, **known}

    def run(self, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "cli.main", *words],
            env=self._environment,
            cwd=ROOT,
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def says(self, *words: str, typed: str = "") -> str:
        """What it says; it must end well."""
        done = self.run(*words, typed=typed)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def document(self, *words: str, typed: str = "") -> Any:
        """What it says to a script."""
        return json.loads(self.says(*words, "--json", typed=typed))

    def refuses(self, *words: str) -> str:
        """What it says on the error output; it must end with exit code 1."""
        done = self.run(*words)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stderr

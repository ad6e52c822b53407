"""`gridenroll` as somebody types it, against the running stack; in the tests' own process, for it takes a second to
load. That it also runs as a process of its own is seen where the demo is played."""

import json
from typing import Any

from typer.testing import CliRunner, Result

from cli.main import app
from tests.integration.clients.running_stack import RunningStack


class CommandLine:
    """The command, with the stack's address and token in its environment."""

    def __init__(self, doors: RunningStack) -> None:
        known = {"GRIDENROLL_API_URL": doors.description["api_url"], "GRIDENROLL_API_TOKEN": doors.description["token"]}
        self._runner = CliRunner(env={**known, "COLUMNS": "200"})

    def run(self, *words: str, typed: str = "") -> Result:
        """Whatever it says; what it does not catch itself is the test's."""
        return self._runner.invoke(app, words, input=typed, catch_exceptions=False)

    def run_successfully(self, *words: str, typed: str = "") -> str:
        """What it says; it must end well."""
        done = self.run(*words, typed=typed)
        assert done.exit_code == 0, done.output
        return done.stdout

    def run_for_json(self, *words: str, typed: str = "") -> Any:
        """What it says to a script."""
        return json.loads(self.run_successfully(*words, "--json", typed=typed))

    def run_and_fail(self, *words: str) -> str:
        """What it says on the error output; it must end with exit code 1."""
        done = self.run(*words)
        assert done.exit_code == 1, done.output
        return done.stderr

"""The `gridenroll` command against the running stack, run in the tests' own process because it takes a second to load.

The tests of the demo start it as a process of its own.
"""

import json
from typing import Any

from typer.testing import CliRunner, Result

from cli.main import app
from tests.integration.clients.running_stack import RunningStack


class CommandLine:
    """Runs commands with the stack's address and token in the environment."""

    def __init__(self, stack: RunningStack) -> None:
        known = {"GRIDENROLL_API_URL": stack.description["api_url"], "GRIDENROLL_API_TOKEN": stack.description["token"]}
        self._runner = CliRunner(env={**known, "COLUMNS": "200"})

    def run(self, *words: str, typed: str = "") -> Result:
        """Run a command; an exception that it does not handle fails the test."""
        return self._runner.invoke(app, words, input=typed, catch_exceptions=False)

    def run_successfully(self, *words: str, typed: str = "") -> str:
        """Run a command that must succeed, and return its output."""
        done = self.run(*words, typed=typed)
        assert done.exit_code == 0, done.output
        return done.stdout

    def run_for_json(self, *words: str, typed: str = "") -> Any:
        """Run a command with `--json`, and return the parsed document."""
        return json.loads(self.run_successfully(*words, "--json", typed=typed))

    def run_and_fail(self, *words: str) -> str:
        """Run a command that must exit with code 1, and return its error output."""
        done = self.run(*words)
        assert done.exit_code == 1, done.output
        return done.stderr

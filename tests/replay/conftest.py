"""The server that skips time, here too."""

from tests.workflow.conftest import environment as environment

"""The server that skips time, here too."""

from tests.flow.conftest import environment as environment

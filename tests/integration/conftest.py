"""One whole stack for all integration tests: real PostgreSQL, Temporal, DERMS simulator, API and worker."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.stack import running_stack
from tests.integration.doors import Doors


@pytest.fixture(scope="session")
def running() -> Iterator[Doors]:
    """The stack as `gridenroll up` starts it from nothing, with its examples."""
    with tempfile.TemporaryDirectory(prefix="gridenroll-") as folder, running_stack(Path(folder) / "data") as stack:
        doors = Doors(stack)
        yield doors
        doors.close()


@pytest.fixture
def doors(running: Doors) -> Iterator[Doors]:
    """The stack, with a DERMS that behaves again after each test."""
    yield running
    running.derms.delete("/faults")
    running.derms.put("/reference", json={})

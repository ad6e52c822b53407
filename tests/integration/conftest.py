"""One whole stack for all integration tests: real PostgreSQL, Temporal, DERMS simulator, API and worker."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.stack import running_stack
from tests.integration.clients.device_setup import DeviceSetupClient
from tests.integration.clients.running_stack import RunningStack


@pytest.fixture(scope="session")
def data_dir() -> Iterator[Path]:
    """Where the stack keeps what it knows."""
    with tempfile.TemporaryDirectory(prefix="gridenroll-") as folder:
        yield Path(folder) / "data"


@pytest.fixture(scope="session")
def running(data_dir: Path) -> Iterator[RunningStack]:
    """The stack as `gridenroll up` starts it from nothing, with its examples; it is soon done waiting for head-ends."""
    with running_stack(data_dir, GRIDENROLL_HEAD_END_ANSWER_WITHIN="PT3S") as stack:
        doors = RunningStack(stack)
        yield doors
        doors.close()


@pytest.fixture
def doors(running: RunningStack) -> Iterator[RunningStack]:
    """The stack, with a DERMS and a head-end that behave again after each test."""
    yield running
    running.derms.delete("/faults")
    running.derms.put("/reference", json={})
    running.head_end.delete("/faults")


@pytest.fixture
def setup(doors: RunningStack) -> Iterator[DeviceSetupClient]:
    """Whoever has devices sent, and their head-end."""
    made = DeviceSetupClient(doors)
    yield made
    made.head_end.close()

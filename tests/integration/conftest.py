"""Starts one whole stack for all integration tests: PostgreSQL, Temporal, both simulators, API and worker."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.stack import running_stack
from tests.integration.clients.device_setup import DeviceSetupClient
from tests.integration.clients.running_stack import RunningStack


@pytest.fixture(scope="session")
def data_dir() -> Iterator[Path]:
    """The folder with the stack's data."""
    with tempfile.TemporaryDirectory(prefix="gridenroll-") as folder:
        yield Path(folder) / "data"


@pytest.fixture(scope="session")
def running(data_dir: Path) -> Iterator[RunningStack]:
    """The stack as `gridenroll up` starts it, with its examples and a short timeout for head-end answers."""
    with running_stack(data_dir, GRIDENROLL_HEAD_END_ANSWER_WITHIN="PT3S") as description:
        stack = RunningStack(description)
        yield stack
        stack.close()


@pytest.fixture
def stack(running: RunningStack) -> Iterator[RunningStack]:
    """The stack, with simulators whose faults are reset after each test."""
    yield running
    running.derms.delete("/faults")
    running.derms.put("/reference", json={})
    running.head_end.delete("/faults")


@pytest.fixture
def setup(stack: RunningStack) -> Iterator[DeviceSetupClient]:
    """Enrolls shipped devices, and controls their head-end."""
    made = DeviceSetupClient(stack)
    yield made
    made.head_end.close()

"""Fixtures of the workflow tests: a time-skipping server, and an enrollment on it."""

import asyncio
from collections.abc import Iterator
from functools import partial

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.workflow.stand_ins.enrollment_run import StartEnrollment, run_enrollment
from tests.workflow.time_skipping_server import start_time_skipping_server


@pytest.fixture
def environment() -> Iterator[WorkflowEnvironment]:
    """Start a server for each test: after a workflow has abandoned an activity, the server skips no more time."""
    environment = asyncio.run(start_time_skipping_server())
    yield environment
    asyncio.run(environment.shutdown())


@pytest.fixture
def enroll(environment: WorkflowEnvironment) -> StartEnrollment:
    """Return `run_enrollment` on the test's server: `async with enroll() as run`."""
    return partial(run_enrollment, environment)

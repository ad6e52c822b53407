"""Runs the enroll and synchronize workflows on stand-ins, on a time-skipping server."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import WorkflowHandle
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.errors import ErrorMapping
from models.ids import enrollment_workflow_id, sync_request_workflow_id
from models.messages.enrollment import EnrollInput, EnrollResult
from models.messages.search_attributes import SEARCH_ATTRIBUTES, WorkflowStage
from models.messages.sync_request_workflow import SyncRequestWorkflowInput
from models.messages.synchronization import DERMS_ACKNOWLEDGED, SYNC_TURN, DermsAcknowledgement, SyncTurn
from models.states.enrollment import EnrollmentState
from models.states.sync_request import SyncState
from tests.waiting import wait_for_result, wait_until
from tests.workflow.stand_ins.enrollment import (
    EnrollmentActivities,
    EnrollmentRecord,
    InMemoryDerms,
    build_acknowledgement,
)
from workflows.enroll import EnrollmentWorkflow
from workflows.parking import NEEDS_ATTENTION, STAGE
from workflows.sync_request import SyncRequestWorkflow

WAITING = "Waiting for the DERMS"
SENDING = "Sending the message"


@dataclass
class EnrollmentRun:
    """An enrollment's workflow with its record and DERMS, and the actions of people and the DERMS."""

    environment: WorkflowEnvironment
    record: EnrollmentRecord
    derms: InMemoryDerms
    activities: EnrollmentActivities
    handle: WorkflowHandle[Any, EnrollResult] = field(init=False)

    async def acknowledge(self, *, times: int = 1, **changes: Any) -> DermsAcknowledgement:
        """Call back with an acknowledgement."""
        ack = build_acknowledgement(self.record, **changes)
        for _ in range(times):
            await self.handle.signal(DERMS_ACKNOWLEDGED, ack)
        return ack

    async def retry_sync_request(self) -> None:
        """Retry the sync request, as a person does."""
        await self.handle.signal(EnrollmentWorkflow.retry_requested, self.record.retry_sync_request())

    async def signal_sync_turn(self, **what: bool) -> None:
        """Signal that what the sync request waited for has changed."""
        await self.handle.signal(SYNC_TURN, SyncTurn(sync_request_id=self.record.id, **what))

    async def send_in_bulk(self) -> None:
        """Send it in bulk, as a batch does, and signal that."""
        self.record.waits_for = ""
        self.record.move(SyncState.SENDING, SyncState.AWAITING_ACKNOWLEDGEMENT)
        await self.signal_sync_turn(handed_over=True)

    async def cancel_sync_request(self) -> None:
        """Cancel the sync request, as a person does."""
        await self.handle.signal(EnrollmentWorkflow.retry_requested, self.record.cancel_sync_request())

    async def get_metadata(self) -> WorkflowMetadata:
        """Return the workflow's metadata for the Temporal UI."""
        return await self.handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)

    async def get_details(self) -> str:
        """Return the details that the Temporal UI shows."""
        return (await self.get_metadata()).current_details

    async def wait_for_details(self, text: str) -> str:
        """Wait until the details contain the text."""
        return await wait_until(self.get_details, lambda details: text in details, f"{text!r} in the details")

    async def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait until the condition holds."""
        # The query keeps the server's time from standing still.
        await wait_until(self.get_details, lambda _: condition(), condition)

    async def wait_for_acknowledgement_wait(self) -> None:
        """Wait until it waits for the acknowledgement."""
        await self.wait_for_details(WAITING)

    async def wait_until_parked(self) -> str:
        """Wait until it needs attention, and return the details."""
        await self.wait_for_attributes(WorkflowStage.NEEDS_ATTENTION, needs_attention=True)
        return await self.wait_for_details("**Needs attention.**")

    async def wait_for_attributes(self, stage: WorkflowStage, *, needs_attention: bool | None = None) -> None:
        """Wait until the search attributes have these values."""
        wanted = (stage, needs_attention)
        await wait_until(self.get_attributes, lambda shown: shown == wanted, wanted)

    async def wait_for_stage(self, stage: WorkflowStage) -> None:
        """Wait until it is in this stage."""
        await wait_until(self.get_attributes, lambda shown: shown[0] == stage, stage)

    async def get_attributes(self) -> tuple[str | None, bool | None]:
        found = (await self.handle.describe()).typed_search_attributes
        return found.get(STAGE), found.get(NEEDS_ATTENTION)

    async def skip_time(self, **time: float) -> None:
        """Let time pass."""
        await self.environment.sleep(timedelta(**time))

    async def result(self) -> EnrollResult:
        """Return the workflow's result; time passes as far as needed."""
        return await wait_for_result(self.handle.result(), "the end of the flow")

    async def count_events(self) -> int:
        return (await self.handle.describe()).history_length


StartEnrollment = Callable[..., AbstractAsyncContextManager[EnrollmentRun]]


def find_program(name: str) -> str:
    """Return the path of a program in the environment."""
    found = shutil.which(name, path=Path(sys.executable).parent) or shutil.which(name)
    assert found, f"{name} is not installed: make test installs it"
    return found


async def start_time_skipping_server(**how: Any) -> WorkflowEnvironment:
    """Start a time-skipping server."""
    environment = await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=find_program("temporal-test-server"), data_converter=pydantic_data_converter, **how
    )
    kinds = {
        name: IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{kind.upper()}") for name, kind in SEARCH_ATTRIBUTES.items()
    }
    # This server cannot list search attributes, so our own registration does not work on it.
    await environment.client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(search_attributes=kinds, namespace=environment.client.namespace)
    )
    return environment


@pytest.fixture
def environment() -> Iterator[WorkflowEnvironment]:
    """Start a server for each test: after a workflow has abandoned an activity, the server skips no more time."""
    environment = asyncio.run(start_time_skipping_server())
    yield environment
    asyncio.run(environment.shutdown())


@asynccontextmanager
async def run_enrollment(
    environment: WorkflowEnvironment,
    *,
    decisions: list[Any] | None = None,
    acknowledgement_timeout_seconds: float = 900,
    task_timeout: timedelta | None = None,
    **how: Any,
) -> AsyncIterator[EnrollmentRun]:
    """Run an enroll workflow on stand-ins; terminate it afterwards if it is still open.

    During a local activity it receives nothing for most of `task_timeout`.
    """
    run = _build_run(environment, **how)
    run.record.decisions = list(decisions or run.record.decisions)
    request = EnrollInput(
        enrollment_id=run.record.enrollment_id, acknowledgement_timeout_seconds=acknowledgement_timeout_seconds
    )
    workflow_id = enrollment_workflow_id(run.record.enrollment_id)
    async with _start_workflow(run, EnrollmentWorkflow, request, workflow_id, WorkflowStage.ENROLLING, task_timeout):
        yield run


@asynccontextmanager
async def run_synchronization(
    environment: WorkflowEnvironment, *, acknowledgement_timeout_seconds: float = 900, **how: Any
) -> AsyncIterator[EnrollmentRun]:
    """Run a workflow that only synchronizes, on the same stand-ins."""
    run = _build_run(environment, **how)
    run.record.enrollment, run.record.state = EnrollmentState.ENROLLED, SyncState.PENDING
    request = SyncRequestWorkflowInput(
        sync_request_id=run.record.id, acknowledgement_timeout_seconds=acknowledgement_timeout_seconds
    )
    async with _start_workflow(
        run, SyncRequestWorkflow, request, sync_request_workflow_id(run.record.id), WorkflowStage.SYNCHRONIZING
    ):
        yield run


def _build_run(
    environment: WorkflowEnvironment, *, moods: str = "", away: bool = False, waits_for: str = "", **answer: Any
) -> EnrollmentRun:
    record, derms = EnrollmentRecord(), InMemoryDerms()
    record.away, record.waits_for = away, waits_for
    derms.moods = [getattr(derms, mood) for mood in moods.split()] or derms.moods
    run = EnrollmentRun(environment, record, derms, EnrollmentActivities(record, derms))
    run.activities.answer = answer
    return run


@asynccontextmanager
async def _start_workflow(
    run: EnrollmentRun,
    workflow: type[Any],
    request: Any,
    workflow_id: str,
    stage: WorkflowStage,
    task_timeout: timedelta | None = None,
) -> AsyncIterator[None]:
    client = run.environment.client
    worker = Worker(
        client,
        task_queue=run.record.enrollment_id,
        workflows=[workflow],
        activities=run.activities.all,
        workflow_runner=UnsandboxedWorkflowRunner(),
        interceptors=[ErrorMapping()],
    )
    async with worker:
        run.handle = await client.start_workflow(
            workflow.run,
            request,
            id=workflow_id,
            task_queue=run.record.enrollment_id,
            search_attributes=TypedSearchAttributes([SearchAttributePair(STAGE, stage)]),
            task_timeout=task_timeout,
        )
        yield
        run.derms.released.set()
        if (await run.handle.describe()).close_time is None:
            await run.handle.terminate()


@pytest.fixture
def enroll(environment: WorkflowEnvironment) -> StartEnrollment:
    """Return `run_enrollment` on the test's server: `async with enroll() as run`."""
    return partial(run_enrollment, environment)

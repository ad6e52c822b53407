"""Two releases of the worker run together: the older one reads a value of the newer one that it does not know."""

import asyncio
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import pytest
from pydantic import field_validator
from temporalio import activity
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.synchronize import SynchronizeActivities
from connectors.temporal.client import register_search_attributes
from models.messages.message import Message
from models.messages.sync_request_workflow import SyncRequestWorkflowInput
from models.messages.synchronization import (
    RecordAcknowledgement,
    RecordSendFailure,
    SendResult,
    SendToDerms,
    SyncOutcome,
    SyncRequestStatus,
)
from models.states.sync_request import SyncState
from tests.waiting import WAIT_SECONDS
from tests.workflow.time_skipping_server import find_program
from workflows.sync_request import SyncRequestWorkflow

QUEUE = "version-skew"


class NewerState(StrEnum):
    """The states of a sync request in a later release."""

    HELD_BY_AN_AUDITOR = "held_by_an_auditor"


class NewerSent(Message):
    """The result of a later release's send."""

    state: NewerState


class Newer:
    """The activities of the later release: an auditor checks the request first."""

    @activity.defn
    async def send_to_derms(self, request: SendToDerms) -> NewerSent:
        return NewerSent(state=NewerState.HELD_BY_AN_AUDITOR)


class KnownByTheNewer(SendResult):
    """What the later release's workflows read: nothing is sent while an auditor checks the request."""

    @field_validator("state", mode="before")
    @classmethod
    def _discarded(cls, state: str) -> str:
        return SyncState.DISCARDED if state == NewerState.HELD_BY_AN_AUDITOR else state


class NewerAsWorkflowsSeeIt:
    """The activities as the later release's workflows call them."""

    @activity.defn
    async def send_to_derms(self, request: SendToDerms) -> KnownByTheNewer:
        """Only its name and types count: the other release carries it out."""


class Recorder:
    """The steps on our own record, which are the same in both releases."""

    @activity.defn
    async def record_acknowledgement(self, request: RecordAcknowledgement) -> SyncRequestStatus:
        return SyncRequestStatus(state=SyncState.SYNCHRONIZED)

    @activity.defn
    async def record_failure(self, request: RecordSendFailure) -> SyncRequestStatus:
        return SyncRequestStatus(state=SyncState.ERROR)


@pytest.fixture
def environment() -> Iterator[WorkflowEnvironment]:
    """A real server: a time-skipping one would skip what a retried task waits for."""

    async def start() -> WorkflowEnvironment:
        started = await WorkflowEnvironment.start_local(
            dev_server_existing_path=find_program("temporal"),
            data_converter=pydantic_data_converter,
            dev_server_log_level="error",
        )
        await register_search_attributes(started.client)
        return started

    started = asyncio.run(start())
    yield started
    asyncio.run(started.shutdown())


async def task_failures(handle: WorkflowHandle[Any, Any]) -> list[str]:
    """Return why workflow tasks have failed."""
    history = await handle.fetch_history()
    return [
        event.workflow_task_failed_event_attributes.failure.message
        for event in history.events
        if event.HasField("workflow_task_failed_event_attributes")
    ]


def workflows_of_a_release(client: Client) -> Worker:
    """Run a worker for workflow tasks only."""
    return Worker(
        client, task_queue=QUEUE, workflows=[SyncRequestWorkflow], workflow_runner=UnsandboxedWorkflowRunner()
    )


async def test_a_result_that_the_older_release_cannot_read_waits_for_the_newer(
    environment: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, recorder = environment.client, Recorder()
    activities = [Newer().send_to_derms, recorder.record_acknowledgement, recorder.record_failure]
    async with Worker(client, task_queue=QUEUE, activities=activities):
        async with workflows_of_a_release(client):
            handle = await client.start_workflow(
                SyncRequestWorkflow.run,
                SyncRequestWorkflowInput(sync_request_id="syn_1"),
                id="hand-over/syn_1",
                task_queue=QUEUE,
            )
            async with asyncio.timeout(WAIT_SECONDS):
                while not (why := await task_failures(handle)):
                    assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
        assert "Failed decoding" in why[0]
        assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
        monkeypatch.setattr(SynchronizeActivities, "send_to_derms", NewerAsWorkflowsSeeIt.send_to_derms)
        async with workflows_of_a_release(client), asyncio.timeout(WAIT_SECONDS):
            assert (await handle.result()).outcome is SyncOutcome.DISCARDED

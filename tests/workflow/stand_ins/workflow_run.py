"""Runs a workflow whose activities are stand-ins, and waits for what people see of it."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import WorkflowHandle
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.errors import ErrorMapping
from models.messages.search_attributes import WorkflowStage
from tests.waiting import wait_for_result, wait_until
from workflows.parking import NEEDS_ATTENTION, STAGE


@dataclass
class WorkflowRun:
    """A workflow and the server it runs on. Subclasses add its record, and the actions of people and other systems."""

    environment: WorkflowEnvironment
    handle: WorkflowHandle[Any, Any] = field(init=False)

    def release(self) -> None:
        """Let stand-ins that block forever return, before the workflow is terminated."""

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
        # This request keeps the server's time running.
        await wait_until(self.handle.describe, lambda _: condition(), condition)

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
        """Return the search attributes for the stage and for needed attention."""
        found = (await self.handle.describe()).typed_search_attributes
        return found.get(STAGE), found.get(NEEDS_ATTENTION)

    async def skip_time(self, **time: float) -> None:
        """Let time pass."""
        await self.environment.sleep(timedelta(**time))

    async def result(self) -> Any:
        """Return the workflow's result; time passes as far as needed."""
        return await wait_for_result(self.handle.result(), "the end of the workflow")

    async def count_events(self) -> int:
        """Return the length of the history."""
        return (await self.handle.describe()).history_length


@asynccontextmanager
async def start_workflow(
    run: WorkflowRun,
    workflow: type[Any],
    request: Any,
    workflow_id: str,
    activities: Sequence[Callable[..., Any]],
    *,
    stage: WorkflowStage | None = None,
    task_timeout: timedelta | None = None,
) -> AsyncGenerator[None]:
    """Start a worker and the workflow; terminate the workflow afterwards if it is still open."""
    client, task_queue = run.environment.client, workflow_id
    worker = Worker(
        client,
        task_queue=task_queue,
        workflows=[workflow],
        activities=activities,
        workflow_runner=UnsandboxedWorkflowRunner(),
        interceptors=[ErrorMapping()],
    )
    async with worker:
        run.handle = await client.start_workflow(
            workflow.run,
            request,
            id=workflow_id,
            task_queue=task_queue,
            search_attributes=TypedSearchAttributes([SearchAttributePair(STAGE, stage)] if stage else []),
            task_timeout=task_timeout,
        )
        yield
        run.release()
        if (await run.handle.describe()).close_time is None:
            await run.handle.terminate()

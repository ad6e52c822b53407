"""A server that skips time, and one enrolment's flow in it on stand-ins."""

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
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.errors import ErrorMapping
from connectors.temporal.client import SEARCH_ATTRIBUTES
from models.ids import enrollment_workflow_id
from models.messages.enroll import EnrollInput, EnrollResult, Stage
from models.messages.synchronize import DERMS_ACKNOWLEDGED, Acknowledged
from tests.flow.stand_ins import Activities, Derms, Record, acknowledgement
from worker import runner
from workflows.enroll import Enroll
from workflows.parking import NEEDS_ATTENTION, STAGE

WAITING = "Waiting for the DERMS"
HANDING = "Handing the message"


@dataclass
class Flow:
    """One enrolment's flow, its record and its DERMS, and what people and the DERMS may do to it."""

    environment: WorkflowEnvironment
    record: Record
    derms: Derms
    activities: Activities
    handle: WorkflowHandle[Any, EnrollResult] = field(init=False)

    async def acknowledge(self, *, times: int = 1, **changes: Any) -> Acknowledged:
        """The DERMS calls back."""
        ack = acknowledgement(self.record, **changes)
        for _ in range(times):
            await self.handle.signal(DERMS_ACKNOWLEDGED, ack)
        return ack

    async def retry(self) -> None:
        """A person retries the sync request."""
        await self.handle.signal(Enroll.retry_requested, self.record.retried())

    async def give_up(self) -> None:
        """A person cancels the sync request."""
        await self.handle.signal(Enroll.retry_requested, self.record.given_up())

    async def metadata(self) -> WorkflowMetadata:
        """What the Temporal UI knows of it."""
        return await self.handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)

    async def details(self) -> str:
        """What the Temporal UI shows of where it stands."""
        return (await self.metadata()).current_details

    async def says(self, text: str) -> str:
        """Waits until the details say so."""
        async with asyncio.timeout(10):
            while text not in (details := await self.details()):
                pass
        return details

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits until it holds."""
        async with asyncio.timeout(10):
            while not condition():
                await self.details()

    async def waits(self) -> None:
        """Waits until it waits for the acknowledgement."""
        await self.says(WAITING)

    async def parked(self) -> str:
        """Waits until it needs attention; gives what the details say."""
        await self.shows(Stage.NEEDS_ATTENTION, needs_attention=True)
        return await self.says("**Needs attention.**")

    async def shows(self, stage: Stage, *, needs_attention: bool | None = None) -> None:
        """Waits until the search attributes say so."""
        async with asyncio.timeout(10):
            while (await self.attributes()) != (stage, needs_attention):
                pass

    async def until_stage(self, stage: Stage) -> None:
        """Waits until it stands there."""
        async with asyncio.timeout(10):
            while (await self.attributes())[0] != stage:
                pass

    async def attributes(self) -> tuple[str | None, bool | None]:
        found = (await self.handle.describe()).typed_search_attributes
        return found.get(STAGE), found.get(NEEDS_ATTENTION)

    async def skip(self, **time: float) -> None:
        """Time passes."""
        await self.environment.sleep(timedelta(**time))

    async def result(self) -> EnrollResult:
        """How it ends; time passes as far as it takes."""
        async with asyncio.timeout(30):
            return await self.handle.result()

    async def length(self) -> int:
        return (await self.handle.describe()).history_length


EnrollOne = Callable[..., AbstractAsyncContextManager[Flow]]


def program(name: str) -> str:
    """Where the environment's own program is."""
    found = shutil.which(name, path=Path(sys.executable).parent) or shutil.which(name)
    assert found, f"{name} is not installed: make test installs it"
    return found


async def _start() -> WorkflowEnvironment:
    environment = await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=program("temporal-test-server"), data_converter=pydantic_data_converter
    )
    kinds = {
        name: IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{kind.upper()}") for name, kind in SEARCH_ATTRIBUTES.items()
    }
    # This server cannot list what it knows, so the house's own way of registering does not work on it.
    await environment.client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(search_attributes=kinds, namespace=environment.client.namespace)
    )
    return environment


@pytest.fixture
def environment() -> Iterator[WorkflowEnvironment]:
    """A server for each test: one whose flow gave up an activity skips no time any more, for any flow."""
    environment = asyncio.run(_start())
    yield environment
    asyncio.run(environment.shutdown())


@asynccontextmanager
async def enrolling(
    environment: WorkflowEnvironment,
    *,
    moods: str = "",
    decisions: list[Any] | None = None,
    away: bool = False,
    waits_for: str = "",
    acknowledgement_timeout_seconds: float = 900,
    task_timeout: timedelta | None = None,
    **answer: Any,
) -> AsyncIterator[Flow]:
    """Starts a flow on stand-ins; ends it afterwards if it is still open. During a local step it hears of nothing for
    most of `task_timeout`."""
    record, derms = Record(), Derms()
    record.away, record.waits_for = away, waits_for
    record.decisions = decisions or record.decisions
    derms.moods = [getattr(derms, mood) for mood in moods.split()] or derms.moods
    flow = Flow(environment, record, derms, Activities(record, derms))
    flow.activities.answer = answer
    worker = Worker(
        environment.client,
        task_queue=record.enrollment_id,
        workflows=[Enroll],
        activities=flow.activities.all,
        workflow_runner=runner(),
        interceptors=[ErrorMapping()],
    )
    request = EnrollInput(
        enrollment_id=record.enrollment_id, acknowledgement_timeout_seconds=acknowledgement_timeout_seconds
    )
    async with worker:
        stage = SearchAttributePair(SearchAttributeKey.for_keyword("Stage"), Stage.ENROLLING)
        flow.handle = await environment.client.start_workflow(
            Enroll.run,
            request,
            id=enrollment_workflow_id(record.enrollment_id),
            task_queue=record.enrollment_id,
            task_timeout=task_timeout,
            search_attributes=TypedSearchAttributes([stage]),
        )
        yield flow
        derms.released.set()
        if (await flow.handle.describe()).close_time is None:
            await flow.handle.terminate()


@pytest.fixture
def enroll(environment: WorkflowEnvironment) -> EnrollOne:
    """`async with enroll() as flow`."""
    return partial(enrolling, environment)

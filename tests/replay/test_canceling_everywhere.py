"""A cancellation in Temporal may arrive wherever a workflow waits: record and workflow agree afterwards."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from temporalio import workflow
from temporalio.bridge.proto.workflow_activation import CancelWorkflow
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner
from temporalio.worker._workflow_instance import _WorkflowInstanceImpl

from connectors.temporal.client import register_search_attributes
from tests.replay.record_agreement import check_agreement, wait_until_idle
from tests.replay.scenarios.all_scenarios import SCENARIOS
from tests.replay.test_replay import load_history
from tests.replay.wait_points import WAIT_CALLS, CodeLocation, find_caller, find_wait_points, recording_waits
from tests.waiting import WAIT_SECONDS
from tests.workflow.time_skipping_server import find_program, start_time_skipping_server
from worker import WORKFLOWS

PLACES = sorted(find_wait_points())


@pytest.fixture(scope="module")
def ways() -> dict[CodeLocation, list[str]]:
    """Return the scenarios that reach each wait point, according to their recorded histories, slow ones last."""
    found: dict[CodeLocation, list[str]] = {}
    for name in sorted(SCENARIOS, key=lambda name: (_is_canceled(name), SCENARIOS[name].late, name)):
        with recording_waits() as places:
            asyncio.run(_replay(name))
        for place in places:
            found.setdefault(place, []).append(name)
    return found


def _is_canceled(name: str) -> bool:
    """Return whether the scenario itself cancels the workflow in Temporal to get there."""
    return any(
        event.HasField("workflow_execution_cancel_requested_event_attributes") for event in load_history(name).events
    )


async def _replay(name: str) -> None:
    replayer = Replayer(
        workflows=WORKFLOWS,
        workflow_runner=UnsandboxedWorkflowRunner(),
        data_converter=pydantic_data_converter,
    )
    await replayer.replay_workflow(load_history(name))


class Canceled:
    """Whether the workflow was cancelled at the wait point, and its details in the Temporal UI."""

    def __init__(self) -> None:
        self.there = asyncio.Event()
        self.details = ""
        self._say = workflow.set_current_details

    def say(self, details: str) -> None:
        self._say(details)
        self.details = details


@contextmanager
def canceled_at(place: CodeLocation) -> Iterator[Canceled]:
    """Cancel a workflow the first time that it waits there, and record that."""
    canceled, main = Canceled(), asyncio.get_running_loop()
    canceled_already: list[Any] = []

    def canceling(wait: Callable[..., Any]) -> Callable[..., Any]:
        def waiting(*args: Any, **kwargs: Any) -> Any:
            here = find_caller()
            loop: Any = asyncio.get_running_loop()
            if here == place and not any(one is loop for one in canceled_already) and not loop._deleting:
                # Like the SDK when the server requests it: after everything that began in this activation. A worker
                # that has evicted the workflow repeats it, and the cancellation with it.
                canceled_already.append(loop)
                take(loop, CancelWorkflow(reason="a test"))
                main.call_soon_threadsafe(canceled.there.set)
            return wait(*args, **kwargs)

        return waiting

    take = _WorkflowInstanceImpl._apply_cancel_workflow
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_WorkflowInstanceImpl, "_apply_cancel_workflow", lambda *_: None)
        patch.setattr(workflow, "set_current_details", canceled.say)
        for name in WAIT_CALLS:
            patch.setattr(workflow, name, canceling(getattr(workflow, name)))
        yield canceled


@pytest.fixture(scope="module")
def real_server() -> Iterator[WorkflowEnvironment]:
    """One server for all tests: each workflow has a task queue of its own."""

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


async def cancel_there(environment: WorkflowEnvironment, name: str, place: CodeLocation) -> None:
    """Run the scenario to the wait point, cancel the workflow there, and check the result."""
    journey = SCENARIOS[name]
    with canceled_at(place) as canceled:
        async with journey.begin(environment, **journey.start) as run:
            await run.handle.cancel()
            carrying = asyncio.ensure_future(journey.carry(run))
            try:
                async with asyncio.timeout(WAIT_SECONDS):
                    await canceled.there.wait()
            except TimeoutError:
                raise AssertionError(f"{name} never came to {place}") from None
            finally:
                carrying.cancel()
                await asyncio.gather(carrying, return_exceptions=True)
            await wait_until_idle(run.handle)
            await check_agreement(run, canceled.details)


def _places() -> Iterator[Any]:
    """Return the first wait point of each file, and the others marked for the soak suite."""
    files: set[str] = set()
    for place in PLACES:
        marks = [pytest.mark.soak] if place.file in files else []
        files.add(place.file)
        yield pytest.param(place, marks=marks, id=f"{place.file}:{place.line}")


def test_a_scenario_reaches_every_wait_point(ways: dict[CodeLocation, list[str]]) -> None:
    assert [place for place in PLACES if place not in ways] == [], "add a journey that comes there, and record it"


@pytest.mark.parametrize("place", list(_places()))
async def test_a_cancellation_at_any_wait_point_keeps_record_and_workflow_in_agreement(
    ways: dict[CodeLocation, list[str]], real_server: WorkflowEnvironment, place: CodeLocation
) -> None:
    name = ways[place][0]
    if SCENARIOS[name].late:
        async with await start_time_skipping_server() as skipping:
            await cancel_there(skipping, name, place)
    else:
        await cancel_there(real_server, name, place)

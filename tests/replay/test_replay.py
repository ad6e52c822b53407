"""Workflows that began under an earlier release continue under this one."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from tests.replay.scenarios.all_scenarios import SCENARIOS
from tests.replay.wait_points import CodeLocation, find_wait_points, recording_waits
from worker import WORKFLOWS

HISTORIES = Path(__file__).parent / "histories"
EARLIER = sorted(f"earlier/{path.stem}" for path in HISTORIES.glob("earlier/*.json"))
"""Histories of an earlier release that take paths which no new workflow takes."""

WITHOUT_STATE = (
    "activities",
    "connectors",
    "models",
    "operations",
    "rules",
    "annotated_types",
    "httpx",
    "orjson",
    "pydantic",
    "pydantic_core",
    "sqlalchemy",
    "sqlmodel",
    "structlog",
    "typeid",
    "typing_extensions",
)
"""Modules that may be shared with the sandbox; the workflows' own modules run in it, which refuses clocks, randomness
and files."""
SANDBOX = SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*WITHOUT_STATE))

HOW_TO_CHANGE_A_WORKFLOW = """
The workflow sends Temporal other commands, or in another order, than the open workflows in production did. They would
stop with a non-determinism error at their next step. Keep the old path beside the new one:
    if workflow.patched("say-what-changes"):
        ...  # new: workflows that reach this point from now on
    else:
        ...  # as recorded: workflows that passed it before
and let `python -m tests.replay.record_histories` add a history of the new path (a new name in tests/replay/scenarios).
Recorded histories and their fingerprints are never changed; they go when no workflow of their time can be open.
"""


def load_history(name: str) -> WorkflowHistory:
    return WorkflowHistory.from_json(name, (HISTORIES / f"{name}.json").read_text())


class Replayed(NamedTuple):
    """The replay failure of each history, and the wait points that the histories reach."""

    failures: dict[str, Exception | None]
    waited: set[CodeLocation]


@pytest.fixture(scope="module")
def replayed() -> Replayed:
    with recording_waits() as waited:
        return Replayed(asyncio.run(_failures()), waited)


async def _failures() -> dict[str, Exception | None]:
    async def histories() -> AsyncIterator[WorkflowHistory]:
        for name in (*SCENARIOS, *EARLIER):
            yield load_history(name)

    replayer = Replayer(workflows=WORKFLOWS, workflow_runner=SANDBOX, data_converter=pydantic_data_converter)
    async with replayer.workflow_replay_iterator(histories()) as results:
        return {result.history.workflow_id: result.replay_failure async for result in results}


@pytest.mark.parametrize("name", [*SCENARIOS, *EARLIER])
def test_a_recorded_history_replays(replayed: Replayed, name: str) -> None:
    failure = replayed.failures[name]
    assert failure is None, f"{name}: {failure}\n{HOW_TO_CHANGE_A_WORKFLOW}"


def test_a_history_reaches_every_wait_point(replayed: Replayed) -> None:
    assert sorted(find_wait_points() - replayed.waited) == [], "add a journey that comes there, and record it"


@pytest.mark.parametrize("path", sorted(HISTORIES.glob("*.json")), ids=lambda path: path.stem)
def test_every_history_belongs_to_a_scenario(path: Path) -> None:
    assert path.stem in SCENARIOS

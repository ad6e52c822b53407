"""Flows that began under an earlier release go on under this one."""

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from tests.replay.journeys import JOURNEYS
from worker import WORKFLOWS

HISTORIES = Path(__file__).parent / "histories"

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
"""What the flows import may be shared; their own code runs in the sandbox, which refuses clocks, chance and files."""
SANDBOX = SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*WITHOUT_STATE))

HOW_TO_CHANGE_A_FLOW = """
The flow asks Temporal for other steps, or in another order, than the flows that are under way in production did.
They would stop with a non-determinism error at their next step. Keep the old way beside the new one:

    if workflow.patched("say-what-changes"):
        ...  # new: flows that reach this point from now on
    else:
        ...  # as recorded: flows that passed it before

and let `python -m tests.replay.record` add a history of the new way (a new name in tests/replay/journeys.py). Recorded
histories and their fingerprints are never changed; they go when no flow of their time can be open any more.
"""


def recorded(name: str) -> WorkflowHistory:
    return WorkflowHistory.from_json(f"enroll/{name}", (HISTORIES / f"{name}.json").read_text())


@pytest.mark.parametrize("name", JOURNEYS)
async def test_a_recorded_flow_replays(name: str) -> None:
    replayer = Replayer(workflows=WORKFLOWS, workflow_runner=SANDBOX, data_converter=pydantic_data_converter)
    result = await replayer.replay_workflow(recorded(name), raise_on_replay_failure=False)
    assert result.replay_failure is None, f"{name}: {result.replay_failure}\n{HOW_TO_CHANGE_A_FLOW}"


@pytest.mark.parametrize("path", sorted(HISTORIES.glob("*.json")), ids=lambda path: path.stem)
def test_every_history_is_of_a_journey(path: Path) -> None:
    assert path.stem in JOURNEYS

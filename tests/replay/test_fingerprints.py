"""The commands that a workflow sends to Temporal, step by step, are a contract with the open workflows."""

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.replay.fingerprints import FINGERPRINTS, build_fingerprint
from tests.replay.scenarios.all_scenarios import SCENARIOS
from tests.replay.test_replay import HOW_TO_CHANGE_A_WORKFLOW, load_history
from tests.waiting import wait_until


@pytest.mark.parametrize("name", SCENARIOS)
async def test_a_scenario_takes_the_recorded_steps(environment: WorkflowEnvironment, name: str) -> None:
    journey, recorded_steps = SCENARIOS[name], (FINGERPRINTS / f"{name}.txt").read_text()
    async with journey.begin(environment, **journey.start) as run:
        await journey.carry(run)

        async def steps_so_far() -> str:
            return build_fingerprint(await run.handle.fetch_history())

        # A workflow shows that it waits a moment before the server has recorded the command.
        steps = await wait_until(steps_so_far, lambda steps: _all_or_other(steps, recorded_steps), recorded_steps)
    assert steps == recorded_steps, HOW_TO_CHANGE_A_WORKFLOW


def _all_or_other(steps: str, recorded_steps: str) -> bool:
    """Return whether the steps are complete, or differ already."""
    return steps == recorded_steps or not recorded_steps.startswith(steps)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_history_matches_its_fingerprint(name: str) -> None:
    assert build_fingerprint(load_history(name)) == (FINGERPRINTS / f"{name}.txt").read_text(), HOW_TO_CHANGE_A_WORKFLOW

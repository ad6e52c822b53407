"""What a flow asks Temporal for, step by step, is a contract with the flows that are under way."""

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.replay.fingerprints import FINGERPRINTS, build_fingerprint
from tests.replay.scenarios.all_scenarios import SCENARIOS
from tests.replay.test_replay import HOW_TO_CHANGE_A_FLOW, load_history
from tests.waiting import wait_until


@pytest.mark.parametrize("name", SCENARIOS)
async def test_a_flow_takes_the_recorded_steps(environment: WorkflowEnvironment, name: str) -> None:
    journey, recorded_steps = SCENARIOS[name], (FINGERPRINTS / f"{name}.txt").read_text()
    async with journey.begin(environment, **journey.start) as flow:
        await journey.carry(flow)

        async def steps_so_far() -> str:
            return build_fingerprint(await flow.handle.fetch_history())

        # A flow says that it waits a moment before the server has written down that it does.
        steps = await wait_until(steps_so_far, lambda steps: _all_or_other(steps, recorded_steps), recorded_steps)
    assert steps == recorded_steps, HOW_TO_CHANGE_A_FLOW


def _all_or_other(steps: str, recorded_steps: str) -> bool:
    """Nothing more is to come of what went another way."""
    return steps == recorded_steps or not recorded_steps.startswith(steps)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_history_is_what_its_fingerprint_says(name: str) -> None:
    assert build_fingerprint(load_history(name)) == (FINGERPRINTS / f"{name}.txt").read_text(), HOW_TO_CHANGE_A_FLOW

"""What a flow asks Temporal for, step by step, is a contract with the flows that are under way."""

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.patience import wait_until
from tests.replay.fingerprints import FINGERPRINTS, fingerprint
from tests.replay.journeys import JOURNEYS
from tests.replay.test_replay import HOW_TO_CHANGE_A_FLOW, recorded


@pytest.mark.parametrize("name", JOURNEYS)
async def test_a_flow_takes_the_recorded_steps(environment: WorkflowEnvironment, name: str) -> None:
    journey, recorded_steps = JOURNEYS[name], (FINGERPRINTS / f"{name}.txt").read_text()
    async with journey.begin(environment, **journey.start) as flow:
        await journey.carry(flow)

        async def steps_so_far() -> str:
            return fingerprint(await flow.handle.fetch_history())

        # A flow says that it waits a moment before the server has written down that it does.
        steps = await wait_until(steps_so_far, lambda steps: _all_or_other(steps, recorded_steps), recorded_steps)
    assert steps == recorded_steps, HOW_TO_CHANGE_A_FLOW


def _all_or_other(steps: str, recorded_steps: str) -> bool:
    """Nothing more is to come of what went another way."""
    return steps == recorded_steps or not recorded_steps.startswith(steps)


@pytest.mark.parametrize("name", JOURNEYS)
def test_a_history_is_what_its_fingerprint_says(name: str) -> None:
    assert fingerprint(recorded(name)) == (FINGERPRINTS / f"{name}.txt").read_text(), HOW_TO_CHANGE_A_FLOW

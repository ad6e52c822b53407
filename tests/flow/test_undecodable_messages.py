"""What cannot be read does no harm: a signal changes nothing, a start fails at once instead of trying for ever."""

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError

from models.messages.enroll import CANCEL_REQUESTED, PLACE_FREED, RETRY_REQUESTED, WORKFLOW
from models.messages.synchronize import DERMS_ACKNOWLEDGED, SyncOutcome
from tests.flow.conftest import EnrollOne


@pytest.mark.parametrize("name", [CANCEL_REQUESTED, PLACE_FREED, RETRY_REQUESTED, DERMS_ACKNOWLEDGED, "unheard_of"])
async def test_an_undecodable_signal_changes_nothing(enroll: EnrollOne, name: str) -> None:
    async with enroll() as flow:
        await flow.waits()
        await flow.handle.signal(name, ["not", "a", "message"])
        await flow.waits()
        await flow.acknowledge()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert flow.record.outcomes[0] == "applied: positive"


async def test_an_undecodable_start_fails_the_flow(enroll: EnrollOne) -> None:
    async with enroll(moods="answers") as flow:
        other = await flow.environment.client.start_workflow(
            WORKFLOW, {"enrollment": 7}, id="enroll/undecodable", task_queue=flow.record.enrollment_id
        )
        with pytest.raises(WorkflowFailureError) as failed:
            await other.result()
        assert isinstance(failed.value.cause, ApplicationError)
        assert failed.value.cause.type == "ValidationError"

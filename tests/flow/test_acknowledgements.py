"""The DERMS may answer in any way, at any time, any number of times: the request ends as the DERMS says."""

from models.messages.enroll import Stage
from models.messages.synchronize import SyncOutcome
from models.states import EnrollmentState
from tests.flow.conftest import EnrollOne

REGISTERED, FAILED = "registered", "failed"


async def test_an_acknowledgement_by_callback_synchronizes(enroll: EnrollOne) -> None:
    async with enroll() as flow:
        await flow.waits()
        await flow.acknowledge()
        result = await flow.result()
        assert (result.state, result.synchronization) == (EnrollmentState.ENROLLED, SyncOutcome.SYNCHRONIZED)
        assert (await flow.attributes())[0] == Stage.SYNCHRONIZED
        assert flow.derms.asked == 0


async def test_an_acknowledgement_in_the_response_synchronizes(enroll: EnrollOne) -> None:
    async with enroll(moods="answers") as flow:
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert len(flow.derms.sent) == 1

"""The DERMS may answer in any way, at any time, any number of times: the request ends as the DERMS says."""

from models.messages.enroll import Stage
from models.messages.synchronize import SyncOutcome
from models.states import EnrollmentState
from tests.flow.conftest import HANDING, EnrollOne


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


async def test_an_acknowledgement_after_the_first_questions_synchronizes(enroll: EnrollOne) -> None:
    async with enroll() as flow:
        await flow.waits()
        await flow.skip(days=2)
        assert flow.derms.asked > 1
        await flow.acknowledge()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert len(flow.derms.sent) == 1


async def test_the_same_acknowledgement_twice_is_one(enroll: EnrollOne) -> None:
    async with enroll() as flow:
        await flow.waits()
        await flow.acknowledge(times=2)
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert flow.record.outcomes.count("applied: positive") == 1


async def test_an_acknowledgement_before_the_send_returned_synchronizes(enroll: EnrollOne) -> None:
    async with enroll(moods="keeps_quiet") as flow:
        await flow.says(HANDING)
        await flow.until(lambda: bool(flow.derms.sent))
        await flow.acknowledge()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED


async def test_an_acknowledgement_in_the_response_and_by_callback_is_applied_once(enroll: EnrollOne) -> None:
    async with enroll(moods="keeps_quiet answers") as flow:
        await flow.says(HANDING)
        await flow.until(lambda: bool(flow.derms.sent))
        await flow.acknowledge(times=3)
        await flow.result()
        assert flow.record.outcomes.count("applied: positive") == 1

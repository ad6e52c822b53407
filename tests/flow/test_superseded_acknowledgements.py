"""An answer to an older message says nothing of the one in question."""

from models.messages.synchronize import SyncOutcome
from tests.flow.conftest import HANDING, EnrollOne
from tests.flow.test_negative_acknowledgements import NO


async def test_an_old_acknowledgement_is_ignored_and_the_right_one_is_waited_for(enroll: EnrollOne) -> None:
    async with enroll() as flow:
        await flow.waits()
        await flow.acknowledge(version=7)
        await flow.until(lambda: bool(flow.record.outcomes))
        await flow.waits()
        await flow.acknowledge()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert flow.record.outcomes[0].startswith("ignored: it answers version 7")


async def test_an_old_acknowledgement_does_not_stop_a_send_that_is_under_way(enroll: EnrollOne) -> None:
    async with enroll(moods="keeps_quiet") as flow:
        await flow.says(HANDING)
        await flow.until(lambda: bool(flow.derms.sent))
        await flow.acknowledge(version=7)
        await flow.until(lambda: bool(flow.record.outcomes))
        await flow.says(HANDING)
        await flow.acknowledge()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert flow.derms.asked == 0


async def test_a_late_positive_answer_does_not_undo_a_negative_one(enroll: EnrollOne) -> None:
    async with enroll(moods="answers", **NO) as flow:
        await flow.parked()
        await flow.acknowledge()
        await flow.until(lambda: len(flow.record.outcomes) == 2)
        await flow.parked()
        assert flow.record.outcomes[1] == "ignored: the sync request is error"

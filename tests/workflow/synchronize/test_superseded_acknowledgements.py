"""An acknowledgement of an older message says nothing about the current one."""

from models.messages.synchronization import SyncOutcome
from tests.workflow.conftest import SENDING, StartEnrollment
from tests.workflow.synchronize.test_negative_acknowledgements import NO


async def test_an_old_acknowledgement_is_ignored_until_the_current_one_arrives(enroll: StartEnrollment) -> None:
    async with enroll() as flow:
        await flow.wait_for_acknowledgement_wait()
        await flow.acknowledge(version=7)
        await flow.wait_until(lambda: bool(flow.record.outcomes))
        await flow.wait_for_acknowledgement_wait()
        await flow.acknowledge()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert flow.record.outcomes[0].startswith("ignored: it answers version 7")


async def test_an_old_acknowledgement_does_not_stop_a_send_in_progress(enroll: StartEnrollment) -> None:
    async with enroll(moods="keeps_quiet") as flow:
        await flow.wait_for_details(SENDING)
        await flow.wait_until(lambda: bool(flow.derms.sent))
        await flow.acknowledge(version=7)
        await flow.wait_until(lambda: bool(flow.record.outcomes))
        await flow.wait_for_details(SENDING)
        await flow.acknowledge()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert flow.derms.asked == 0


async def test_a_late_positive_acknowledgement_does_not_undo_a_negative_one(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers", **NO) as flow:
        await flow.wait_until_parked()
        await flow.acknowledge()
        await flow.wait_until(lambda: len(flow.record.outcomes) == 2)
        await flow.wait_until_parked()
        assert flow.record.outcomes[1] == "ignored: the sync request is error"

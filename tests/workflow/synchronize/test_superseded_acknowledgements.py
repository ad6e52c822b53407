"""An acknowledgement of an older message says nothing about the current one."""

from models.messages.synchronization import SyncOutcome
from tests.workflow.stand_ins.enrollment_run import SENDING, StartEnrollment
from tests.workflow.synchronize.test_negative_acknowledgements import NO


async def test_an_old_acknowledgement_is_ignored_until_the_current_one_arrives(enroll: StartEnrollment) -> None:
    async with enroll() as run:
        await run.wait_for_acknowledgement_wait()
        await run.acknowledge(version=7)
        await run.wait_until(lambda: bool(run.record.outcomes))
        await run.wait_for_acknowledgement_wait()
        await run.acknowledge()
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert run.record.outcomes[0].startswith("ignored: it answers version 7")


async def test_an_old_acknowledgement_does_not_stop_a_send_in_progress(enroll: StartEnrollment) -> None:
    async with enroll(moods="keeps_quiet") as run:
        await run.wait_for_details(SENDING)
        await run.wait_until(lambda: bool(run.derms.sent))
        await run.acknowledge(version=7)
        await run.wait_until(lambda: bool(run.record.outcomes))
        await run.wait_for_details(SENDING)
        await run.acknowledge()
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert run.derms.asked == 0


async def test_a_late_positive_acknowledgement_does_not_undo_a_negative_one(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers", **NO) as run:
        await run.wait_until_parked()
        await run.acknowledge()
        await run.wait_until(lambda: len(run.record.outcomes) == 2)
        await run.wait_until_parked()
        assert run.record.outcomes[1] == "ignored: the sync request is error"

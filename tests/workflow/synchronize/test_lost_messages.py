"""After any lost message the DERMS is queried, and it never gets one message as two."""

from models.messages.synchronization import SyncOutcome
from tests.workflow.stand_ins.enrollment import build_acknowledgement
from tests.workflow.stand_ins.enrollment_run import StartEnrollment


async def test_a_lost_acknowledgement_is_queried(enroll: StartEnrollment) -> None:
    async with enroll() as run:
        await run.wait_for_acknowledgement_wait()
        run.derms.taken[run.record.key] = build_acknowledgement(run.record)
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert (run.derms.asked, len(run.derms.sent)) == (1, 1)


async def test_a_message_that_the_derms_lost_is_resent_with_the_same_key(enroll: StartEnrollment) -> None:
    async with enroll(moods="loses answers") as run:
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED
        first, second = run.derms.sent
        assert first == second


async def test_a_send_without_a_response_is_retried_with_the_same_key(enroll: StartEnrollment) -> None:
    async with enroll(moods="is_down is_down answers") as run:
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert len(run.derms.sent) == 3
        assert set(run.derms.sent) == {run.record.key}


async def test_a_slow_derms_is_queried_with_growing_intervals(enroll: StartEnrollment) -> None:
    async with enroll() as run:
        await run.wait_for_acknowledgement_wait()
        await run.skip_time(days=30)
        assert 100 < run.derms.asked < 150
        assert await run.count_events() < 2000

"""After any lost message the DERMS is queried, and it never gets one message as two."""

from models.messages.synchronization import SyncOutcome
from tests.workflow.conftest import StartEnrollment
from tests.workflow.stand_ins.enrollment import build_acknowledgement


async def test_a_lost_acknowledgement_is_queried(enroll: StartEnrollment) -> None:
    async with enroll() as flow:
        await flow.wait_for_acknowledgement_wait()
        flow.derms.taken[flow.record.key] = build_acknowledgement(flow.record)
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert (flow.derms.asked, len(flow.derms.sent)) == (1, 1)


async def test_a_message_that_the_derms_lost_is_resent_with_the_same_key(enroll: StartEnrollment) -> None:
    async with enroll(moods="loses answers") as flow:
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        first, second = flow.derms.sent
        assert first == second


async def test_a_send_without_a_response_is_retried_with_the_same_key(enroll: StartEnrollment) -> None:
    async with enroll(moods="is_down is_down answers") as flow:
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert len(flow.derms.sent) == 3
        assert set(flow.derms.sent) == {flow.record.key}


async def test_a_slow_derms_is_queried_with_growing_intervals(enroll: StartEnrollment) -> None:
    async with enroll() as flow:
        await flow.wait_for_acknowledgement_wait()
        await flow.skip_time(days=30)
        assert 100 < flow.derms.asked < 150
        assert await flow.count_events() < 2000

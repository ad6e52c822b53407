"""A message whose turn has not come waits, says for what, and is sent when it is signaled; or it ends with nothing to
send."""

from models.messages.synchronization import SYNC_TURN, SyncOutcome, SyncTurn
from tests.workflow.stand_ins.enrollment_run import StartEnrollment

WHAT = "syn_earlier, which is error"


async def test_the_details_say_what_the_message_waits_for(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT) as run:
        await run.wait_for_details(f"Waiting for {WHAT}.")
        assert run.derms.sent == []


async def test_a_message_is_sent_when_its_turn_comes(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT, moods="answers") as run:
        await run.wait_for_details("Waiting for syn_earlier")
        run.record.waits_for = ""
        await run.handle.signal(SYNC_TURN, SyncTurn())
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED


async def test_a_premature_turn_signal_keeps_the_message_waiting(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT) as run:
        await run.wait_for_details("Waiting for syn_earlier")
        await run.handle.signal(SYNC_TURN, SyncTurn())
        await run.wait_until(lambda: run.record.looked == 2)
        await run.wait_for_details("Waiting for syn_earlier")
        assert run.derms.sent == []


async def test_a_waiting_message_checks_its_turn_without_a_signal(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT, moods="answers") as run:
        await run.wait_for_details("Waiting for syn_earlier")
        run.record.waits_for = ""
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED


async def test_weeks_of_waiting_add_few_events(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT) as run:
        await run.wait_for_details("Waiting for syn_earlier")
        await run.skip_time(days=28)
        assert await run.count_events() < 500


async def test_a_message_merged_into_a_later_change_ends_its_workflow(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT) as run:
        await run.wait_for_details("Waiting for syn_earlier")
        run.record.discard_sync_request()
        await run.handle.signal(SYNC_TURN, SyncTurn())
        assert (await run.result()).synchronization is SyncOutcome.DISCARDED
        assert run.derms.sent == []


async def test_an_acknowledgement_of_another_request_ends_nothing(enroll: StartEnrollment) -> None:
    async with enroll() as run:
        await run.wait_for_acknowledgement_wait()
        await run.acknowledge(sync_request_id="syn_another")
        await run.wait_until(lambda: "ignored: no such sync request" in run.record.outcomes)
        await run.wait_for_acknowledgement_wait()
        await run.acknowledge()
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED

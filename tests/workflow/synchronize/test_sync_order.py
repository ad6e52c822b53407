"""A message whose turn has not come waits, says for what, and is sent when it is signaled; or it ends with nothing to
send."""

from models.messages.synchronization import SYNC_TURN, SyncOutcome, SyncTurn
from tests.workflow.conftest import StartEnrollment

WHAT = "syn_earlier, which is error"


async def test_the_details_say_what_the_message_waits_for(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT) as flow:
        await flow.wait_for_details(f"Waiting for {WHAT}.")
        assert flow.derms.sent == []


async def test_a_message_is_sent_when_its_turn_comes(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT, moods="answers") as flow:
        await flow.wait_for_details("Waiting for syn_earlier")
        flow.record.waits_for = ""
        await flow.handle.signal(SYNC_TURN, SyncTurn())
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED


async def test_a_premature_turn_signal_keeps_the_message_waiting(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT) as flow:
        await flow.wait_for_details("Waiting for syn_earlier")
        await flow.handle.signal(SYNC_TURN, SyncTurn())
        await flow.wait_until(lambda: flow.record.looked == 2)
        await flow.wait_for_details("Waiting for syn_earlier")
        assert flow.derms.sent == []


async def test_a_waiting_message_checks_its_turn_without_a_signal(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT, moods="answers") as flow:
        await flow.wait_for_details("Waiting for syn_earlier")
        flow.record.waits_for = ""
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED


async def test_weeks_of_waiting_add_few_events(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT) as flow:
        await flow.wait_for_details("Waiting for syn_earlier")
        await flow.skip_time(days=28)
        assert await flow.count_events() < 500


async def test_a_message_merged_into_a_later_change_ends_its_workflow(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT) as flow:
        await flow.wait_for_details("Waiting for syn_earlier")
        flow.record.discard_sync_request()
        await flow.handle.signal(SYNC_TURN, SyncTurn())
        assert (await flow.result()).synchronization is SyncOutcome.DISCARDED
        assert flow.derms.sent == []


async def test_an_acknowledgement_of_another_request_ends_nothing(enroll: StartEnrollment) -> None:
    async with enroll() as flow:
        await flow.wait_for_acknowledgement_wait()
        await flow.acknowledge(sync_request_id="syn_another")
        await flow.wait_until(lambda: "ignored: no such sync request" in flow.record.outcomes)
        await flow.wait_for_acknowledgement_wait()
        await flow.acknowledge()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED

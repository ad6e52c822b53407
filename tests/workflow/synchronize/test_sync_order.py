"""A message whose turn has not come waits, says for what, and goes when it is told; or it ends with nothing to tell."""

from models.messages.synchronization import SYNC_TURN, SyncOutcome, SyncTurn
from tests.workflow.conftest import StartEnrollment

WHAT = "syn_earlier, which is error"


async def test_it_says_what_it_waits_for(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT) as flow:
        await flow.wait_for_details(f"Waiting for {WHAT}.")
        assert flow.derms.sent == []


async def test_it_is_sent_when_its_turn_comes(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT, moods="answers") as flow:
        await flow.wait_for_details("Waiting for syn_earlier")
        flow.record.waits_for = ""
        await flow.handle.signal(SYNC_TURN, SyncTurn())
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED


async def test_told_for_nothing_it_waits_on(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT) as flow:
        await flow.wait_for_details("Waiting for syn_earlier")
        await flow.handle.signal(SYNC_TURN, SyncTurn())
        await flow.wait_until(lambda: flow.record.looked == 2)
        await flow.wait_for_details("Waiting for syn_earlier")
        assert flow.derms.sent == []


async def test_told_by_nobody_it_looks_by_itself(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT, moods="answers") as flow:
        await flow.wait_for_details("Waiting for syn_earlier")
        flow.record.waits_for = ""
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED


async def test_weeks_of_waiting_cost_little(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT) as flow:
        await flow.wait_for_details("Waiting for syn_earlier")
        await flow.skip_time(days=28)
        assert await flow.count_events() < 500


async def test_joined_into_a_later_change_it_ends(enroll: StartEnrollment) -> None:
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

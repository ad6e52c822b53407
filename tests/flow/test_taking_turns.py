"""A message whose turn has not come waits, says for what, and goes when it is told; or it ends with nothing to tell."""

from models.messages.synchronize import SYNC_TURN, SyncOutcome, SyncTurn
from tests.flow.conftest import EnrollOne

WHAT = "syn_earlier, which is error"


async def test_it_says_what_it_waits_for(enroll: EnrollOne) -> None:
    async with enroll(waits_for=WHAT) as flow:
        await flow.says(f"Waiting for {WHAT}.")
        assert flow.derms.sent == []


async def test_it_is_sent_when_its_turn_comes(enroll: EnrollOne) -> None:
    async with enroll(waits_for=WHAT, moods="answers") as flow:
        await flow.says("Waiting for syn_earlier")
        flow.record.waits_for = ""
        await flow.handle.signal(SYNC_TURN, SyncTurn())
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED


async def test_told_for_nothing_it_waits_on(enroll: EnrollOne) -> None:
    async with enroll(waits_for=WHAT) as flow:
        await flow.says("Waiting for syn_earlier")
        await flow.handle.signal(SYNC_TURN, SyncTurn())
        await flow.until(lambda: flow.record.looked == 2)
        await flow.says("Waiting for syn_earlier")
        assert flow.derms.sent == []


async def test_told_by_nobody_it_looks_by_itself(enroll: EnrollOne) -> None:
    async with enroll(waits_for=WHAT, moods="answers") as flow:
        await flow.says("Waiting for syn_earlier")
        flow.record.waits_for = ""
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED


async def test_weeks_of_waiting_cost_little(enroll: EnrollOne) -> None:
    async with enroll(waits_for=WHAT) as flow:
        await flow.says("Waiting for syn_earlier")
        await flow.skip(days=28)
        assert await flow.length() < 500


async def test_joined_into_a_later_change_it_ends(enroll: EnrollOne) -> None:
    async with enroll(waits_for=WHAT) as flow:
        await flow.says("Waiting for syn_earlier")
        flow.record.discarded()
        await flow.handle.signal(SYNC_TURN, SyncTurn())
        assert (await flow.result()).synchronization is SyncOutcome.DISCARDED
        assert flow.derms.sent == []


async def test_an_acknowledgement_of_another_request_ends_nothing(enroll: EnrollOne) -> None:
    async with enroll() as flow:
        await flow.waits()
        await flow.acknowledge(sync_request_id="syn_another")
        await flow.until(lambda: "ignored: no such sync request" in flow.record.outcomes)
        await flow.waits()
        await flow.acknowledge()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED

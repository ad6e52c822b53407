"""A batch may have sent a message together with others: its flow awaits the answer and sends nothing itself."""

from models.messages.synchronization import SYNC_TURN, SyncOutcome, SyncTurn
from models.states.sync_request import SyncState
from tests.workflow.conftest import EnrollmentRun, StartEnrollment

WHAT = "the batch"


async def handed_over(flow: EnrollmentRun) -> None:
    """The batch sends it and says so."""
    await flow.wait_for_details(f"Waiting for {WHAT}.")
    await flow.send_in_bulk()


async def test_it_waits_for_the_answer_and_sends_nothing(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT) as flow:
        await handed_over(flow)
        await flow.wait_for_acknowledgement_wait()
        await flow.acknowledge()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert (flow.derms.sent, flow.record.looked) == ([], 1)


async def test_an_answer_in_the_same_call_ends_it(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT) as flow:
        await flow.wait_for_details(f"Waiting for {WHAT}.")
        flow.record.move(SyncState.SENDING)
        await flow.acknowledge()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert (flow.derms.sent, flow.record.looked) == ([], 1)


async def test_a_message_that_the_derms_lost_is_sent_after_all(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT, moods="answers") as flow:
        await handed_over(flow)
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert flow.derms.sent == [flow.record.key]


async def test_a_message_whose_fate_is_unknown_is_sent_under_its_key(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT, moods="answers") as flow:
        await flow.wait_for_details(f"Waiting for {WHAT}.")
        flow.record.waits_for = ""
        flow.record.move(SyncState.SENDING)
        await flow.signal_sync_turn()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert flow.derms.sent == [flow.record.key]


async def test_that_another_message_was_handed_over_is_none_of_its_business(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT) as flow:
        await flow.wait_for_details(f"Waiting for {WHAT}.")
        await flow.handle.signal(SYNC_TURN, SyncTurn(sync_request_id="syn_another", handed_over=True))
        await flow.wait_until(lambda: flow.record.looked == 2)
        await flow.wait_for_details(f"Waiting for {WHAT}.")

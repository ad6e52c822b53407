"""A batch may have sent the message in bulk: its workflow awaits the acknowledgement and sends nothing itself."""

from models.messages.synchronization import SYNC_TURN, SyncOutcome, SyncTurn
from models.states.enrollment import SyncState
from tests.workflow.conftest import EnrollmentRun, StartEnrollment

WHAT = "the batch"


async def handed_over(flow: EnrollmentRun) -> None:
    """Send the message in bulk, and signal that."""
    await flow.wait_for_details(f"Waiting for {WHAT}.")
    await flow.send_in_bulk()


async def test_a_bulk_message_awaits_its_acknowledgement_and_sends_nothing(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT) as flow:
        await handed_over(flow)
        await flow.wait_for_acknowledgement_wait()
        await flow.acknowledge()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert (flow.derms.sent, flow.record.looked) == ([], 1)


async def test_an_acknowledgement_in_the_bulk_response_ends_it(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT) as flow:
        await flow.wait_for_details(f"Waiting for {WHAT}.")
        flow.record.move(SyncState.SENDING)
        await flow.acknowledge()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert (flow.derms.sent, flow.record.looked) == ([], 1)


async def test_a_message_that_the_derms_lost_is_sent_alone(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT, moods="answers") as flow:
        await handed_over(flow)
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert flow.derms.sent == [flow.record.key]


async def test_a_message_with_unknown_outcome_is_sent_under_its_key(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT, moods="answers") as flow:
        await flow.wait_for_details(f"Waiting for {WHAT}.")
        flow.record.waits_for = ""
        flow.record.move(SyncState.SENDING)
        await flow.signal_sync_turn()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert flow.derms.sent == [flow.record.key]


async def test_a_bulk_sync_of_another_message_changes_nothing(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT) as flow:
        await flow.wait_for_details(f"Waiting for {WHAT}.")
        await flow.handle.signal(SYNC_TURN, SyncTurn(sync_request_id="syn_another", handed_over=True))
        await flow.wait_until(lambda: flow.record.looked == 2)
        await flow.wait_for_details(f"Waiting for {WHAT}.")

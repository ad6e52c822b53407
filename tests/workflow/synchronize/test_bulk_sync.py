"""A batch may have sent the message in bulk: its workflow awaits the acknowledgement and sends nothing itself."""

from models.messages.synchronization import SYNC_TURN, SyncOutcome, SyncTurn
from models.states.sync_request import SyncState
from tests.workflow.stand_ins.enrollment_run import EnrollmentRun, StartEnrollment

WHAT = "the batch"


async def send_in_batch(run: EnrollmentRun) -> None:
    """Send the message in bulk, and signal that."""
    await run.wait_for_details(f"Waiting for {WHAT}.")
    await run.send_in_bulk()


async def test_a_bulk_message_awaits_its_acknowledgement_and_sends_nothing(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT) as run:
        await send_in_batch(run)
        await run.wait_for_acknowledgement_wait()
        await run.acknowledge()
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert (run.derms.sent, run.record.looked) == ([], 1)


async def test_an_acknowledgement_in_the_bulk_response_ends_it(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT) as run:
        await run.wait_for_details(f"Waiting for {WHAT}.")
        run.record.move(SyncState.SENDING)
        await run.acknowledge()
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert (run.derms.sent, run.record.looked) == ([], 1)


async def test_a_message_that_the_derms_lost_is_sent_alone(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT, moods="answers") as run:
        await send_in_batch(run)
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert run.derms.sent == [run.record.key]


async def test_a_message_with_unknown_outcome_is_sent_under_its_key(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT, moods="answers") as run:
        await run.wait_for_details(f"Waiting for {WHAT}.")
        run.record.waits_for = ""
        run.record.move(SyncState.SENDING)
        await run.signal_sync_turn()
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert run.derms.sent == [run.record.key]


async def test_a_bulk_sync_of_another_message_changes_nothing(enroll: StartEnrollment) -> None:
    async with enroll(waits_for=WHAT) as run:
        await run.wait_for_details(f"Waiting for {WHAT}.")
        await run.handle.signal(SYNC_TURN, SyncTurn(sync_request_id="syn_another", handed_over=True))
        await run.wait_until(lambda: run.record.looked == 2)
        await run.wait_for_details(f"Waiting for {WHAT}.")

"""A workflow cancelled in Temporal during synchronization does not silently leave the DERMS uninformed."""

from models.messages.synchronization import SyncOutcome
from models.states.sync_request import SyncState
from tests.workflow.stand_ins.enrollment_run import SENDING, StartEnrollment
from tests.workflow.synchronize.test_negative_acknowledgements import NO


async def test_a_cancellation_while_sending_parks_and_a_retry_synchronizes(
    enroll: StartEnrollment,
) -> None:
    async with enroll(moods="keeps_quiet answers") as run:
        await run.wait_for_details(SENDING)
        await run.wait_until(lambda: bool(run.derms.sent))
        await run.handle.cancel()
        assert "flow-interrupted" in await run.wait_until_parked()
        await run.retry_sync_request()
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert len(set(run.derms.sent)) == 1


async def test_a_cancellation_while_waiting_parks_and_a_retry_synchronizes(
    enroll: StartEnrollment,
) -> None:
    async with enroll(moods="takes answers") as run:
        await run.wait_for_acknowledgement_wait()
        await run.handle.cancel()
        assert "flow-interrupted" in await run.wait_until_parked()
        await run.retry_sync_request()
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert len(set(run.derms.sent)) == 1


async def test_a_parked_workflow_does_nothing_by_itself(enroll: StartEnrollment) -> None:
    async with enroll(moods="takes answers") as run:
        await run.wait_for_acknowledgement_wait()
        await run.handle.cancel()
        await run.wait_until_parked()
        await run.skip_time(days=30)
        await run.wait_until_parked()
        assert len(run.derms.sent) == 1


async def test_a_parked_workflow_still_handles_acknowledgements(enroll: StartEnrollment) -> None:
    async with enroll() as run:
        await run.wait_for_acknowledgement_wait()
        await run.handle.cancel()
        await run.wait_until_parked()
        await run.acknowledge()
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED


async def test_a_temporal_cancellation_leaves_a_parked_workflow_parked(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers", **NO) as run:
        await run.wait_until_parked()
        await run.handle.cancel()
        await run.wait_until_parked()
        assert run.record.state is SyncState.ERROR
        await run.cancel_sync_request()
        assert (await run.result()).synchronization is SyncOutcome.CANCELLED

"""A workflow cancelled in Temporal during synchronization does not silently leave the DERMS uninformed."""

from models.messages.synchronization import SyncOutcome
from models.states.enrollment import SyncState
from tests.workflow.conftest import SENDING, StartEnrollment
from tests.workflow.synchronize.test_negative_acknowledgements import NO


async def test_a_cancellation_while_sending_parks_and_a_retry_synchronizes(
    enroll: StartEnrollment,
) -> None:
    async with enroll(moods="keeps_quiet answers") as flow:
        await flow.wait_for_details(SENDING)
        await flow.wait_until(lambda: bool(flow.derms.sent))
        await flow.handle.cancel()
        assert "flow-interrupted" in await flow.wait_until_parked()
        await flow.retry_sync_request()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert len(set(flow.derms.sent)) == 1


async def test_a_cancellation_while_waiting_parks_and_a_retry_synchronizes(
    enroll: StartEnrollment,
) -> None:
    async with enroll(moods="takes answers") as flow:
        await flow.wait_for_acknowledgement_wait()
        await flow.handle.cancel()
        assert "flow-interrupted" in await flow.wait_until_parked()
        await flow.retry_sync_request()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert len(set(flow.derms.sent)) == 1


async def test_a_parked_workflow_does_nothing_by_itself(enroll: StartEnrollment) -> None:
    async with enroll(moods="takes answers") as flow:
        await flow.wait_for_acknowledgement_wait()
        await flow.handle.cancel()
        await flow.wait_until_parked()
        await flow.skip_time(days=30)
        await flow.wait_until_parked()
        assert len(flow.derms.sent) == 1


async def test_a_parked_workflow_still_handles_acknowledgements(enroll: StartEnrollment) -> None:
    async with enroll() as flow:
        await flow.wait_for_acknowledgement_wait()
        await flow.handle.cancel()
        await flow.wait_until_parked()
        await flow.acknowledge()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED


async def test_a_temporal_cancellation_leaves_a_parked_workflow_parked(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers", **NO) as flow:
        await flow.wait_until_parked()
        await flow.handle.cancel()
        await flow.wait_until_parked()
        assert flow.record.state is SyncState.ERROR
        await flow.cancel_sync_request()
        assert (await flow.result()).synchronization is SyncOutcome.CANCELLED

"""A flow cancelled in Temporal while it tells the DERMS does not leave the DERMS untold in silence."""

from models.messages.synchronization import SyncOutcome
from models.states.sync_request import SyncState
from tests.workflow.conftest import SENDING, StartEnrollment
from tests.workflow.synchronize.test_negative_acknowledgements import NO


async def test_a_flow_interrupted_while_it_sends_calls_a_person_whose_retry_synchronizes(
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


async def test_a_flow_interrupted_while_it_waits_calls_a_person_whose_retry_synchronizes(
    enroll: StartEnrollment,
) -> None:
    async with enroll(moods="takes answers") as flow:
        await flow.wait_for_acknowledgement_wait()
        await flow.handle.cancel()
        assert "flow-interrupted" in await flow.wait_until_parked()
        await flow.retry_sync_request()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert len(set(flow.derms.sent)) == 1


async def test_an_interrupted_flow_does_nothing_more_by_itself(enroll: StartEnrollment) -> None:
    async with enroll(moods="takes answers") as flow:
        await flow.wait_for_acknowledgement_wait()
        await flow.handle.cancel()
        await flow.wait_until_parked()
        await flow.skip_time(days=30)
        await flow.wait_until_parked()
        assert len(flow.derms.sent) == 1


async def test_an_interrupted_flow_still_listens(enroll: StartEnrollment) -> None:
    async with enroll() as flow:
        await flow.wait_for_acknowledgement_wait()
        await flow.handle.cancel()
        await flow.wait_until_parked()
        await flow.acknowledge()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED


async def test_cancelling_in_temporal_a_flow_that_waits_for_a_person_keeps_it_waiting(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers", **NO) as flow:
        await flow.wait_until_parked()
        await flow.handle.cancel()
        await flow.wait_until_parked()
        assert flow.record.state is SyncState.ERROR
        await flow.cancel_sync_request()
        assert (await flow.result()).synchronization is SyncOutcome.CANCELLED

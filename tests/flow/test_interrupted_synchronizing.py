"""A flow cancelled in Temporal while it tells the DERMS does not leave the DERMS untold in silence."""

from models.messages.synchronize import SyncOutcome
from models.states import SyncState
from tests.flow.conftest import HANDING, EnrollOne
from tests.flow.test_negative_acknowledgements import NO


async def test_a_flow_interrupted_while_it_sends_calls_a_person_whose_retry_synchronizes(enroll: EnrollOne) -> None:
    async with enroll(moods="keeps_quiet answers") as flow:
        await flow.says(HANDING)
        await flow.until(lambda: bool(flow.derms.sent))
        await flow.handle.cancel()
        assert "flow-interrupted" in await flow.parked()
        await flow.retry()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert len(set(flow.derms.sent)) == 1


async def test_a_flow_interrupted_while_it_waits_calls_a_person_whose_retry_synchronizes(enroll: EnrollOne) -> None:
    async with enroll(moods="takes answers") as flow:
        await flow.waits()
        await flow.handle.cancel()
        assert "flow-interrupted" in await flow.parked()
        await flow.retry()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert len(set(flow.derms.sent)) == 1


async def test_an_interrupted_flow_does_nothing_more_by_itself(enroll: EnrollOne) -> None:
    async with enroll(moods="takes answers") as flow:
        await flow.waits()
        await flow.handle.cancel()
        await flow.parked()
        await flow.skip(days=30)
        await flow.parked()
        assert len(flow.derms.sent) == 1


async def test_an_interrupted_flow_still_listens(enroll: EnrollOne) -> None:
    async with enroll() as flow:
        await flow.waits()
        await flow.handle.cancel()
        await flow.parked()
        await flow.acknowledge()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED


async def test_cancelling_in_temporal_a_flow_that_waits_for_a_person_keeps_it_waiting(enroll: EnrollOne) -> None:
    async with enroll(moods="answers", **NO) as flow:
        await flow.parked()
        await flow.handle.cancel()
        await flow.parked()
        assert flow.record.state is SyncState.ERROR
        await flow.give_up()
        assert (await flow.result()).synchronization is SyncOutcome.CANCELLED

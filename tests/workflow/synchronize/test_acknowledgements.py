"""The DERMS may acknowledge in any way, at any time, any number of times: the request ends as the DERMS says."""

from models.messages.enrollment import WorkflowStage
from models.messages.synchronization import SyncOutcome
from models.states.enrollment import EnrollmentState
from tests.workflow.conftest import SENDING, StartEnrollment


async def test_an_acknowledgement_by_callback_synchronizes(enroll: StartEnrollment) -> None:
    async with enroll() as flow:
        await flow.wait_for_acknowledgement_wait()
        await flow.acknowledge()
        result = await flow.result()
        assert (result.state, result.synchronization) == (EnrollmentState.ENROLLED, SyncOutcome.SYNCHRONIZED)
        assert (await flow.get_attributes())[0] == WorkflowStage.SYNCHRONIZED
        assert flow.derms.asked == 0


async def test_an_acknowledgement_in_the_response_synchronizes(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers") as flow:
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert len(flow.derms.sent) == 1


async def test_an_acknowledgement_after_status_queries_synchronizes(enroll: StartEnrollment) -> None:
    async with enroll() as flow:
        await flow.wait_for_acknowledgement_wait()
        await flow.skip_time(days=2)
        assert flow.derms.asked > 1
        await flow.acknowledge()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert len(flow.derms.sent) == 1


async def test_a_duplicate_acknowledgement_is_applied_once(enroll: StartEnrollment) -> None:
    async with enroll() as flow:
        await flow.wait_for_acknowledgement_wait()
        await flow.acknowledge(times=2)
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert flow.record.outcomes.count("applied: positive") == 1


async def test_an_acknowledgement_before_the_send_returns_synchronizes(enroll: StartEnrollment) -> None:
    async with enroll(moods="keeps_quiet") as flow:
        await flow.wait_for_details(SENDING)
        await flow.wait_until(lambda: bool(flow.derms.sent))
        await flow.acknowledge()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED


async def test_an_acknowledgement_in_the_response_and_by_callback_is_applied_once(enroll: StartEnrollment) -> None:
    async with enroll(moods="keeps_quiet answers") as flow:
        await flow.wait_for_details(SENDING)
        await flow.wait_until(lambda: bool(flow.derms.sent))
        await flow.acknowledge(times=3)
        await flow.result()
        assert flow.record.outcomes.count("applied: positive") == 1

"""The DERMS may acknowledge in any way, at any time, any number of times: the request ends as the DERMS says."""

from models.messages.search_attributes import WorkflowStage
from models.messages.synchronization import SyncOutcome
from models.states.enrollment import EnrollmentState
from tests.workflow.stand_ins.enrollment_run import SENDING, StartEnrollment


async def test_an_acknowledgement_by_callback_synchronizes(enroll: StartEnrollment) -> None:
    async with enroll() as run:
        await run.wait_for_acknowledgement_wait()
        await run.acknowledge()
        result = await run.result()
        assert (result.state, result.synchronization) == (EnrollmentState.ENROLLED, SyncOutcome.SYNCHRONIZED)
        assert (await run.get_attributes())[0] == WorkflowStage.SYNCHRONIZED
        assert run.derms.asked == 0


async def test_an_acknowledgement_in_the_response_synchronizes(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers") as run:
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert len(run.derms.sent) == 1


async def test_an_acknowledgement_after_status_queries_synchronizes(enroll: StartEnrollment) -> None:
    async with enroll() as run:
        await run.wait_for_acknowledgement_wait()
        await run.skip_time(days=2)
        assert run.derms.asked > 1
        await run.acknowledge()
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert len(run.derms.sent) == 1


async def test_a_duplicate_acknowledgement_is_applied_once(enroll: StartEnrollment) -> None:
    async with enroll() as run:
        await run.wait_for_acknowledgement_wait()
        await run.acknowledge(times=2)
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert run.record.outcomes.count("applied: positive") == 1


async def test_an_acknowledgement_before_the_send_returns_synchronizes(enroll: StartEnrollment) -> None:
    async with enroll(moods="keeps_quiet") as run:
        await run.wait_for_details(SENDING)
        await run.wait_until(lambda: bool(run.derms.sent))
        await run.acknowledge()
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED


async def test_an_acknowledgement_in_the_response_and_by_callback_is_applied_once(enroll: StartEnrollment) -> None:
    async with enroll(moods="keeps_quiet answers") as run:
        await run.wait_for_details(SENDING)
        await run.wait_until(lambda: bool(run.derms.sent))
        await run.acknowledge(times=3)
        await run.result()
        assert run.record.outcomes.count("applied: positive") == 1

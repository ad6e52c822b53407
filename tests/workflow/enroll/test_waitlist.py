"""A waitlisted request waits as long as needed; freed capacity has it decided again."""

from models.messages.enrollment import PlaceFreed
from models.messages.search_attributes import WorkflowStage
from models.messages.synchronization import SyncOutcome
from models.states.enrollment import EnrollmentState
from tests.workflow.stand_ins.enrollment_run import StartEnrollment
from workflows.enroll import EnrollmentWorkflow


async def test_freed_capacity_resumes_the_request(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers", decisions=["waitlisted", "enrolled"]) as run:
        await run.wait_for_stage(WorkflowStage.WAITLISTED)
        await run.handle.signal(EnrollmentWorkflow.place_freed, PlaceFreed())
        result = await run.result()
        assert (result.state, result.synchronization) == (EnrollmentState.ENROLLED, SyncOutcome.SYNCHRONIZED)


async def test_capacity_taken_by_another_request_keeps_it_waiting(enroll: StartEnrollment) -> None:
    async with enroll(decisions=["waitlisted", "waitlisted", "rejected"]) as run:
        await run.wait_for_stage(WorkflowStage.WAITLISTED)
        await run.handle.signal(EnrollmentWorkflow.place_freed, PlaceFreed())
        await run.wait_until(lambda: run.record.decisions == ["rejected"])
        await run.wait_for_stage(WorkflowStage.WAITLISTED)
        await run.handle.signal(EnrollmentWorkflow.place_freed, PlaceFreed())
        assert (await run.result()).state is EnrollmentState.REJECTED


async def test_a_year_on_the_waitlist_adds_no_events(enroll: StartEnrollment) -> None:
    async with enroll(decisions=["waitlisted"]) as run:
        await run.wait_for_stage(WorkflowStage.WAITLISTED)
        before = await run.count_events()
        await run.skip_time(days=365)
        assert await run.count_events() == before


async def test_a_rejected_request_ends_with_its_failed_rules(enroll: StartEnrollment) -> None:
    async with enroll(decisions=["rejected"]) as run:
        result = await run.result()
        assert (result.state, result.failed_rules) == (EnrollmentState.REJECTED, ("capacity",))
        assert result.synchronization is None
        assert run.derms.sent == []

"""A request can be cancelled until its association, in every state, by signal or in Temporal."""

import asyncio
from datetime import timedelta

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import CancelledError

from models.errors import Refused
from models.messages.search_attributes import WorkflowStage
from models.messages.signals import CancelRequested
from models.messages.synchronization import SyncOutcome
from models.states.enrollment import EnrollmentState
from tests.workflow.stand_ins.enrollment import Decision
from tests.workflow.stand_ins.enrollment_run import EnrollmentRun, StartEnrollment
from workflows.enroll import EnrollmentWorkflow

BROKEN = Refused("The request cannot be decided.", code="broken")


async def for_ever() -> None:
    await asyncio.Event().wait()


async def cancelled(run: EnrollmentRun) -> None:
    """Wait until the workflow has ended as cancelled, in Temporal and in the record."""
    with pytest.raises(WorkflowFailureError) as ended:
        await run.result()
    assert isinstance(ended.value.cause, CancelledError)
    assert run.record.enrollment is EnrollmentState.CANCELLED
    assert await run.get_attributes() in ((WorkflowStage.CANCELLED, None), (WorkflowStage.CANCELLED, False))


@pytest.mark.parametrize(
    ("decision", "stage"), [("waitlisted", WorkflowStage.WAITLISTED), (BROKEN, WorkflowStage.NEEDS_ATTENTION)]
)
async def test_cancelling_a_waiting_request_ends_it(
    enroll: StartEnrollment, decision: Decision, stage: WorkflowStage
) -> None:
    async with enroll(decisions=[decision]) as run:
        await run.wait_for_stage(stage)
        await run.handle.signal(EnrollmentWorkflow.cancel_requested, CancelRequested(reason="moved away"))
        assert (await run.result()).state is EnrollmentState.CANCELLED
        assert run.derms.sent == []
        assert (await run.get_attributes())[0] == WorkflowStage.CANCELLED


@pytest.mark.parametrize(
    ("decision", "stage"), [("waitlisted", WorkflowStage.WAITLISTED), (BROKEN, WorkflowStage.NEEDS_ATTENTION)]
)
async def test_a_temporal_cancellation_cancels_a_waiting_request(
    enroll: StartEnrollment, decision: Decision, stage: WorkflowStage
) -> None:
    async with enroll(decisions=[decision]) as run:
        await run.wait_for_stage(stage)
        await run.handle.cancel()
        await cancelled(run)


async def test_a_temporal_cancellation_during_the_decision_cancels_the_request(enroll: StartEnrollment) -> None:
    async with enroll(decisions=[for_ever], task_timeout=timedelta(seconds=1)) as run:
        await run.handle.cancel()
        await cancelled(run)


async def test_a_request_cancelled_before_its_decision_ends(enroll: StartEnrollment) -> None:
    async with enroll(decisions=["waitlisted"]) as run:
        await run.wait_for_stage(WorkflowStage.WAITLISTED)
        run.record.move_enrollment(EnrollmentState.CANCELLED)
        await run.handle.signal(EnrollmentWorkflow.place_freed, {})
        assert (await run.result()).state is EnrollmentState.CANCELLED


async def test_a_cancellation_after_association_is_too_late(enroll: StartEnrollment) -> None:
    async with enroll() as run:
        await run.wait_for_acknowledgement_wait()
        await run.handle.signal(EnrollmentWorkflow.cancel_requested, CancelRequested())
        await run.acknowledge()
        result = await run.result()
        assert (result.state, result.synchronization) == (EnrollmentState.ENROLLED, SyncOutcome.SYNCHRONIZED)

"""Runs the enroll and synchronize workflows on stand-ins."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio.testing import WorkflowEnvironment

from models.ids import enrollment_workflow_id, sync_request_workflow_id
from models.messages.enrollment import EnrollInput
from models.messages.search_attributes import WorkflowStage
from models.messages.signals import CANCEL_REQUESTED, CancelRequested
from models.messages.sync_request_workflow import SyncRequestWorkflowInput
from models.messages.synchronization import DERMS_ACKNOWLEDGED, SYNC_TURN, DermsAcknowledgement, SyncTurn
from models.states.enrollment import EnrollmentState
from models.states.sync_request import SyncState
from tests.workflow.stand_ins.enrollment import (
    EnrollmentActivities,
    EnrollmentRecord,
    InMemoryDerms,
    build_acknowledgement,
)
from tests.workflow.stand_ins.workflow_run import WorkflowRun, start_workflow
from workflows.enroll import EnrollmentWorkflow
from workflows.sync_request import SyncRequestWorkflow

WAITING = "Waiting for the DERMS"
SENDING = "Sending the message"


@dataclass
class EnrollmentRun(WorkflowRun):
    """An enrollment's workflow with its record and DERMS, and the actions of people and the DERMS."""

    record: EnrollmentRecord
    derms: InMemoryDerms
    activities: EnrollmentActivities

    def release(self) -> None:
        """Let a DERMS that gave no response return."""
        self.derms.released.set()

    async def wait_for_acknowledgement_wait(self) -> None:
        """Wait until it waits for the acknowledgement."""
        await self.wait_for_details(WAITING)

    async def cancel(self) -> None:
        """Cancel the request, as POST …/cancel does."""
        await self.handle.signal(CANCEL_REQUESTED, CancelRequested())

    async def correct_data(self) -> None:
        """Correct what the DERMS refuses."""
        self.activities.answer = {}

    async def retry_enrollment(self) -> None:
        """Retry the enrollment, as POST …/retry does."""
        self.record.resume()
        await self.handle.signal("retry_requested", {"message_id": f"{self.record.version}"})

    async def acknowledge(self, *, times: int = 1, **changes: Any) -> DermsAcknowledgement:
        """Call back with an acknowledgement."""
        ack = build_acknowledgement(self.record, **changes)
        for _ in range(times):
            await self.handle.signal(DERMS_ACKNOWLEDGED, ack)
        return ack

    async def retry_sync_request(self) -> None:
        """Retry the sync request, as a person does."""
        await self.handle.signal(EnrollmentWorkflow.retry_requested, self.record.retry_sync_request())

    async def signal_sync_turn(self, **what: bool) -> None:
        """Signal that what the sync request waited for has changed."""
        await self.handle.signal(SYNC_TURN, SyncTurn(sync_request_id=self.record.id, **what))

    async def send_in_bulk(self) -> None:
        """Send it in bulk, as a batch does, and signal that."""
        self.record.waits_for = ""
        self.record.move(SyncState.SENDING, SyncState.AWAITING_ACKNOWLEDGEMENT)
        await self.signal_sync_turn(handed_over=True)

    async def cancel_sync_request(self) -> None:
        """Cancel the sync request, as a person does."""
        await self.handle.signal(EnrollmentWorkflow.retry_requested, self.record.cancel_sync_request())


StartEnrollment = Callable[..., AbstractAsyncContextManager[EnrollmentRun]]


@asynccontextmanager
async def run_enrollment(
    environment: WorkflowEnvironment,
    *,
    decisions: list[Any] | None = None,
    acknowledgement_timeout_seconds: float = 900,
    task_timeout: timedelta | None = None,
    **how: Any,
) -> AsyncIterator[EnrollmentRun]:
    """Run an enroll workflow on stand-ins; terminate it afterwards if it is still open.

    During a local activity it receives nothing for most of `task_timeout`.
    """
    run = _build_run(environment, **how)
    run.record.decisions = list(decisions or run.record.decisions)
    async with start_enrollment(run, acknowledgement_timeout_seconds, task_timeout=task_timeout):
        yield run


def start_enrollment(
    run: EnrollmentRun,
    acknowledgement_timeout_seconds: float = 900,
    *,
    also: list[Callable[..., Any]] | None = None,
    task_timeout: timedelta | None = None,
) -> AbstractAsyncContextManager[None]:
    """Start the enroll workflow with the run's activities, and with these."""
    enrollment = run.record.enrollment_id
    return start_workflow(
        run,
        EnrollmentWorkflow,
        EnrollInput(enrollment_id=enrollment, acknowledgement_timeout_seconds=acknowledgement_timeout_seconds),
        enrollment_workflow_id(enrollment),
        [*run.activities.all, *(also or [])],
        stage=WorkflowStage.ENROLLING,
        task_timeout=task_timeout,
    )


@asynccontextmanager
async def run_synchronization(
    environment: WorkflowEnvironment, *, acknowledgement_timeout_seconds: float = 900, **how: Any
) -> AsyncIterator[EnrollmentRun]:
    """Run a workflow that only synchronizes, on the same stand-ins."""
    run = _build_run(environment, **how)
    run.record.enrollment, run.record.state = EnrollmentState.ENROLLED, SyncState.PENDING
    request = SyncRequestWorkflowInput(
        sync_request_id=run.record.id, acknowledgement_timeout_seconds=acknowledgement_timeout_seconds
    )
    workflow_id = sync_request_workflow_id(run.record.id)
    activities = run.activities.all
    async with start_workflow(
        run, SyncRequestWorkflow, request, workflow_id, activities, stage=WorkflowStage.SYNCHRONIZING
    ):
        yield run


def _build_run(
    environment: WorkflowEnvironment, *, moods: str = "", away: bool = False, waits_for: str = "", **answer: Any
) -> EnrollmentRun:
    record, derms = EnrollmentRecord(), InMemoryDerms()
    record.away, record.waits_for = away, waits_for
    derms.moods = [getattr(derms, mood) for mood in moods.split()] or derms.moods
    run = EnrollmentRun(environment, record, derms, EnrollmentActivities(record, derms))
    run.activities.answer = answer
    return run

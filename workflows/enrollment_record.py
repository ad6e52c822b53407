"""The record of an enrollment, as its workflow and the workflow's steps change it: canceled, parked, resumed."""

from collections.abc import Callable
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.enrollment import EnrollmentActivities
    from models.messages.enrollment import CancelEnrollment, EnrollInput, EnrollmentProgress, ParkEnrollment
    from models.messages.search_attributes import WorkflowStage
    from models.messages.signals import CancelRequested
    from models.states.enrollment import EnrollmentState
    from wording.enrollment import enrollment_waits_for_person
    from workflows import policies
    from workflows.cancellation import Cancellation
    from workflows.parking import Parking
    from workflows.record import Record

FINAL_STAGES = {
    EnrollmentState.REJECTED: WorkflowStage.REJECTED,
    EnrollmentState.CANCELLED: WorkflowStage.CANCELLED,
    EnrollmentState.EXPIRED: WorkflowStage.EXPIRED,
}
"""The states in which a request has ended without an enrollment, and the stages that the workflow shows then."""


class EnrollmentRecord(Record):
    """Runs the steps that the workflow shares with its parts: it cancels the request, parks it, and resumes it."""

    def __init__(self, request: EnrollInput, parking: Parking, cancellation: Cancellation) -> None:
        super().__init__(parking)
        self._request = request
        self._cancellation = cancellation

    @property
    def cancel_is_requested(self) -> bool:
        """Whether somebody wants the request canceled."""
        return self._cancellation.pending is not None

    async def cancel(self, cancel: CancelRequested | None = None) -> EnrollmentProgress:
        """Cancels the request, unless it is enrolled already, and returns where it stands."""
        why = cancel or self._cancellation.pending or CancelRequested()
        return await self.run_step(
            EnrollmentActivities.cancel_enrollment,
            CancelEnrollment(enrollment_id=self._request.enrollment_id, reason=why.reason, actor=why.actor),
            summary="cancel",
            resume=WorkflowStage.ENROLLING,
        )

    async def park(
        self,
        why: str,
        *,
        resume: WorkflowStage = WorkflowStage.ENROLLING,
        until: Callable[[], bool] = lambda: False,
        again_after: timedelta | None = policies.AUTOMATIC_RETRY_INTERVAL,
    ) -> EnrollmentProgress:
        """Waits for a person, until `until` holds, or for `again_after`; returns where the request stands then."""
        enrollment_id = self._request.enrollment_id
        moved_on = await self.mark_and_wait(
            EnrollmentActivities.park_enrollment,
            ParkEnrollment(enrollment_id=enrollment_id, reason=why[:1000]),
            enrollment_waits_for_person(why, enrollment_id),
            resume=resume,
            until=lambda: self.cancel_is_requested or until(),
            again_after=again_after,
        )
        if moved_on is not None:
            return moved_on
        if self.cancel_is_requested:
            return await self.cancel()
        return await self.run_step(
            EnrollmentActivities.resume_enrollment, self._request, summary="go on", resume=resume
        )

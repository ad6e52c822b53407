"""Our own record of an enrolment, as its flow changes it: withdrawn, marked for a person, put back."""

from collections.abc import Callable
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.enrollment import EnrollmentActivities
    from models.messages.enrollment import CancelEnrollment, EnrollInput, EnrollmentProgress, ParkEnrollment
    from models.messages.search_attributes import WorkflowStage
    from models.messages.signals import CancelRequested
    from models.states.enrollment import EnrollmentState
    from wording.enrollment import enrollment_waits_for_person
    from workflows import policies
    from workflows.parking import Parking

FINAL_STAGES = {
    EnrollmentState.REJECTED: WorkflowStage.REJECTED,
    EnrollmentState.CANCELLED: WorkflowStage.CANCELLED,
    EnrollmentState.EXPIRED: WorkflowStage.EXPIRED,
}
"""The states in which a request has come to nothing."""


class EnrollmentRecord:
    """Part of the enrol flow: remembers that somebody wants the request cancelled, and does it where the flow waits."""

    def __init__(self, request: EnrollInput, parking: Parking) -> None:
        self._request = request
        self._parking = parking
        self._cancel_request: CancelRequested | None = None

    def cancel_requested(self, message: CancelRequested) -> None:
        """Somebody wants it cancelled."""
        self._cancel_request = message

    @property
    def cancel_is_requested(self) -> bool:
        """Whether somebody wants it cancelled."""
        return self._cancel_request is not None

    async def cancel(self, cancel: CancelRequested | None = None) -> EnrollmentProgress:
        """Cancels the request in our record, unless it is enrolled already; gives where it stands."""
        why = cancel or self._cancel_request or CancelRequested()
        request = CancelEnrollment(enrollment_id=self._request.enrollment_id, reason=why.reason, actor=why.actor)
        return await self._parking.run_until_done(
            lambda: workflow.execute_local_activity_method(
                EnrollmentActivities.cancel_enrollment, request, summary="cancel", **policies.OWN_DATABASE
            ),
            resume=WorkflowStage.ENROLLING,
        )

    async def park(
        self,
        why: str,
        *,
        resume: WorkflowStage = WorkflowStage.ENROLLING,
        over: Callable[[], bool] = lambda: False,
        again_after: timedelta | None = policies.AUTOMATIC_RETRY_INTERVAL,
    ) -> EnrollmentProgress:
        """Waits for a person, until it is `over`, or for some time; gives where the request stands afterwards."""
        marked = await self._mark_for_attention(why)
        if marked is not None and marked.state is not EnrollmentState.NEEDS_ATTENTION:
            return marked
        await self._parking.wait_for_person(
            enrollment_waits_for_person(why, self._request.enrollment_id),
            resume=resume,
            until=lambda: self.cancel_is_requested or over(),
            again_after=again_after,
        )
        if self.cancel_is_requested:
            return await self.cancel()
        return await self._parking.run_until_done(
            lambda: workflow.execute_local_activity_method(
                EnrollmentActivities.resume_enrollment, self._request, summary="go on", **policies.OWN_DATABASE
            ),
            resume=resume,
        )

    async def _mark_for_attention(self, why: str) -> EnrollmentProgress | None:
        """Marks the record and gives where it stands; None if the record is away: Temporal shows it all the same."""
        request = ParkEnrollment(enrollment_id=self._request.enrollment_id, reason=why[:1000])
        try:
            return await workflow.execute_local_activity_method(
                EnrollmentActivities.park_enrollment, request, summary="mark for attention", **policies.OWN_DATABASE
            )
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            return None

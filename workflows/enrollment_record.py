"""Our own record of an enrolment, as its flow changes it: withdrawn, marked for a person, put back."""

from collections.abc import Callable
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.enrollment import EnrollmentActivities
    from models.messages.enroll import (
        Accepted,
        CancelEnrollment,
        CancelRequested,
        EnrollInput,
        ParkEnrollment,
        Stage,
    )
    from models.states import EnrollmentState
    from workflows import policies
    from workflows.parking import Parking

ENDS = {
    EnrollmentState.REJECTED: Stage.REJECTED,
    EnrollmentState.CANCELLED: Stage.CANCELLED,
    EnrollmentState.EXPIRED: Stage.EXPIRED,
}
"""The states in which a request has come to nothing."""


class EnrollmentRecord:
    """Part of the enrol flow: remembers that somebody wants the request cancelled, and does it where the flow waits."""

    def __init__(self, request: EnrollInput, parking: Parking) -> None:
        self._request = request
        self._parking = parking
        self._cancel: CancelRequested | None = None

    def cancel_requested(self, message: CancelRequested) -> None:
        """Somebody wants it cancelled."""
        self._cancel = message

    @property
    def cancelled(self) -> bool:
        """Whether somebody wants it cancelled."""
        return self._cancel is not None

    async def withdraw(self, cancel: CancelRequested | None = None) -> Accepted:
        """Cancels the request in our record, unless it is enrolled already; gives where it stands."""
        why = cancel or self._cancel or CancelRequested()
        request = CancelEnrollment(enrollment_id=self._request.enrollment_id, reason=why.reason, actor=why.actor)
        return await self._parking.insist(
            lambda: workflow.execute_local_activity_method(
                EnrollmentActivities.cancel_enrollment, request, summary="cancel", **policies.OWN_DATABASE
            ),
            resume=Stage.ENROLLING,
        )

    async def park(
        self,
        why: str,
        *,
        resume: Stage = Stage.ENROLLING,
        over: Callable[[], bool] = lambda: False,
        again_after: timedelta | None = policies.TRY_AGAIN_AFTER,
    ) -> Accepted:
        """Waits for a person, until it is `over`, or for some time; gives where the request stands afterwards."""
        marked = await self._mark(why)
        if marked is not None and marked.state is not EnrollmentState.NEEDS_ATTENTION:
            return marked
        await self._parking.wait(
            f"{why} Retry or cancel it: POST /v1/program-enrollments/{self._request.enrollment_id}/retry or /cancel.",
            resume=resume,
            until=lambda: self.cancelled or over(),
            again_after=again_after,
        )
        if self.cancelled:
            return await self.withdraw()
        return await self._parking.insist(
            lambda: workflow.execute_local_activity_method(
                EnrollmentActivities.resume_enrollment, self._request, summary="go on", **policies.OWN_DATABASE
            ),
            resume=resume,
        )

    async def _mark(self, why: str) -> Accepted | None:
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

"""The enrol flow: from a request to a synchronized grid resource (DOMAIN.md 5.1, 5.5)."""

import asyncio
from datetime import timedelta

from pydantic import ValidationError
from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.enrollment import EnrollmentActivities
    from models.messages import enroll as messages
    from models.messages.enroll import (
        Accepted,
        CancelEnrollment,
        CancelRequested,
        EnrollInput,
        EnrollResult,
        ParkEnrollment,
        PlaceFreed,
        RetryRequested,
        Stage,
    )
    from models.messages.synchronize import DERMS_ACKNOWLEDGED, Acknowledged, SyncOutcome
    from models.states import EnrollmentState
    from workflows import policies
    from workflows.parking import STAGE, Parking, mark, reason_of
    from workflows.synchronize import Synchronize

_ENDS = {
    EnrollmentState.REJECTED: Stage.REJECTED,
    EnrollmentState.CANCELLED: Stage.CANCELLED,
    EnrollmentState.EXPIRED: Stage.CANCELLED,
}


@workflow.defn(name=messages.WORKFLOW, failure_exception_types=[ValidationError])
class Enroll:
    """Validate and accept, wait for a place if need be, associate, tell the DERMS."""

    @workflow.init
    def __init__(self, request: EnrollInput) -> None:
        self._request = request
        self._place_freed = False
        self._cancel: CancelRequested | None = None
        self._parking = Parking()
        timeout = timedelta(seconds=request.acknowledgement_timeout_seconds)
        self._synchronize = Synchronize(self._parking, timeout)

    @workflow.run
    async def run(self, request: EnrollInput) -> EnrollResult:
        """Ends when the request is refused or withdrawn, or when the DERMS knows it or never will."""
        try:
            accepted = await self._accept()
        except (asyncio.CancelledError, FailureError) as error:
            if not is_cancelled_exception(error):
                raise
            accepted = await self._withdraw(CancelRequested(reason="The flow was cancelled in Temporal."))
            if accepted.state is not EnrollmentState.ENROLLED:
                self._show(_ENDS.get(accepted.state, Stage.CANCELLED), "Cancelled.")
                raise
        if accepted.sync_request_id is None:
            return await self._end(_ENDS[accepted.state], EnrollResult(**accepted.model_dump()))
        outcome = await self._synchronize.run(accepted.sync_request_id)
        synchronized = outcome is not SyncOutcome.CANCELLED
        stage = Stage.SYNCHRONIZED if synchronized else Stage.NOT_SYNCHRONIZED
        return await self._end(stage, EnrollResult(state=accepted.state, synchronization=outcome))

    async def _accept(self) -> Accepted:
        """Decides until decided: a waitlisted request is decided again whenever a place may be free."""
        workflow.set_current_details("Checking whether the request qualifies.")
        while True:
            self._place_freed = False
            accepted = await self._decide()
            if accepted.state is not EnrollmentState.WAITLISTED:
                return accepted
            self._show(Stage.WAITLISTED, "Waiting for a place in the program. The waitlist is served in order.")
            await workflow.wait_condition(lambda: self._place_freed or self._cancel is not None)
            if self._cancel is not None:
                return await self._withdraw(self._cancel)
            self._show(Stage.ENROLLING, "A place became free: checking again whether the request qualifies.")

    async def _decide(self) -> Accepted:
        while True:
            try:
                return await workflow.execute_local_activity_method(
                    EnrollmentActivities.validate_and_accept,
                    self._request,
                    summary="check every rule, reserve a place, associate",
                    **policies.OWN_DATABASE,
                )
            except FailureError as error:
                if is_cancelled_exception(error):
                    raise
                parked = await self._park(f"The request could not be decided: {reason_of(error)}")
                if parked.state in _ENDS or parked.state is EnrollmentState.ENROLLED:
                    return parked

    async def _park(self, why: str) -> Accepted:
        """Waits for a person, or an hour; gives where the request stands afterwards."""
        marked = await self._mark(why)
        if marked is not None and marked.state is not EnrollmentState.NEEDS_ATTENTION:
            return marked
        await self._parking.wait(
            f"{why} Retry or cancel it: POST /v1/program-enrollments/{self._request.enrollment_id}/retry or /cancel.",
            resume=Stage.ENROLLING,
            until=lambda: self._cancel is not None,
            again_after=policies.TRY_AGAIN_AFTER,
        )
        if self._cancel is not None:
            return await self._withdraw(self._cancel)
        return await self._parking.insist(
            lambda: workflow.execute_local_activity_method(
                EnrollmentActivities.resume_enrollment, self._request, summary="go on", **policies.OWN_DATABASE
            ),
            resume=Stage.ENROLLING,
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

    async def _withdraw(self, cancel: CancelRequested) -> Accepted:
        """Cancels the request in our record, unless it is enrolled already; gives where it stands."""
        request = CancelEnrollment(enrollment_id=self._request.enrollment_id, reason=cancel.reason, actor=cancel.actor)
        return await self._parking.insist(
            lambda: workflow.execute_local_activity_method(
                EnrollmentActivities.cancel_enrollment, request, summary="cancel", **policies.OWN_DATABASE
            ),
            resume=Stage.ENROLLING,
        )

    async def _end(self, stage: Stage, result: EnrollResult) -> EnrollResult:
        self._show(stage, f"Ended: {stage.replace('_', ' ')}.")
        await workflow.wait_condition(workflow.all_handlers_finished)
        return result

    def _show(self, stage: Stage, details: str) -> None:
        workflow.set_current_details(details)
        mark(STAGE.value_set(stage))

    @workflow.signal(name=messages.PLACE_FREED, description="A place in the program may be free.")
    def place_freed(self, message: PlaceFreed) -> None:
        """Wakes a waitlisted request."""
        self._place_freed = True

    @workflow.signal(name=messages.CANCEL_REQUESTED, description="Cancel the request, if it is not enrolled yet.")
    def cancel_requested(self, message: CancelRequested) -> None:
        """Remembered until the flow comes to a point where it waits."""
        self._cancel = message

    @workflow.signal(name=messages.RETRY_REQUESTED, description="A person acted on what needed attention.")
    def retry_requested(self, message: RetryRequested) -> None:
        """Wakes a parked flow."""
        self._parking.retry_requested(message)

    @workflow.signal(name=DERMS_ACKNOWLEDGED, description="The DERMS acknowledged a sync message.")
    def derms_acknowledged(self, message: Acknowledged) -> None:
        """Wakes a flow that waits for it; kept if it comes early."""
        self._synchronize.acknowledged(message)

"""The enrollment workflow: from a request to a synchronized grid resource (docs/domain.md#enroll)."""

import asyncio
from typing import Any

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.enrollment import EnrollmentActivities
    from models.messages import enrollment as messages
    from models.messages.enrollment import EnrollInput, EnrollmentProgress, EnrollResult, PlaceFreed
    from models.messages.search_attributes import WorkflowStage
    from models.messages.shipment import SHIPMENT_CHANGED, ShipmentChanged
    from models.messages.synchronization import SyncOutcome
    from models.states.enrollment import EnrollmentState
    from workflows.cancellation import Cancellation
    from workflows.device_setup import DeviceSetup
    from workflows.enrollment_record import FINAL_STAGES, EnrollmentRecord
    from workflows.intake import TakesAcknowledgements, TakesCancel, TakesHeadEndAnswers, TakesRetry, TakesSiteVisits
    from workflows.parking import Parking, show_stage
    from workflows.signals import SignalReader, handles_signal, parse_input
    from workflows.steps.synchronize import Synchronize


@workflow.defn(name=messages.WORKFLOW)
class EnrollmentWorkflow(TakesCancel, TakesRetry, TakesSiteVisits, TakesHeadEndAnswers, TakesAcknowledgements):
    """Validates and accepts a request, has its devices set up, associates them, and synchronizes with the DERMS."""

    @workflow.init
    def __init__(self, message: Any) -> None:
        self._request = request = parse_input(EnrollInput, message)
        self.signals = SignalReader()
        self._place_freed = False
        self._is_canceling = False
        self._cancellation = Cancellation(interrupts=self._takes_interruption)
        self._parking = Parking()
        self._record = EnrollmentRecord(request, self._parking, self._cancellation)
        self._device_setup = DeviceSetup(request, self._record)
        self._site_visits = self._device_setup.site_visit
        self._head_end = self._device_setup.status_check.requests
        self._synchronize = Synchronize(self._record, request.acknowledgement_timeout_seconds)

    @workflow.run
    async def run(self, message: Any) -> EnrollResult:
        """Ends when the request is rejected, canceled or expired, or when its sync request is final."""
        return await self._cancellation.run_to_completion(self._enroll())

    async def _enroll(self) -> EnrollResult:
        try:
            progress = await self._validate_and_accept()
            progress = await self._device_setup.run(progress)
        except (asyncio.CancelledError, FailureError) as error:
            progress = await self._cancel_after(error)
        outcome = await self._synchronize_with_derms(progress)
        return await self._end(progress, outcome)

    async def _validate_and_accept(self) -> EnrollmentProgress:
        """Decides about the request; about a waitlisted one again whenever a place may be free."""
        workflow.set_current_details("Checking whether the request qualifies.")
        while True:
            self._place_freed = False
            progress = await self._decide()
            if progress.state is not EnrollmentState.WAITLISTED:
                return progress
            show_stage(WorkflowStage.WAITLISTED, "Waiting for a place in the program. The waitlist is served in order.")
            await workflow.wait_condition(lambda: self._place_freed or self._record.cancel_is_requested)
            if self._record.cancel_is_requested:
                return await self._record.cancel()
            show_stage(WorkflowStage.ENROLLING, "A place became free: checking again whether the request qualifies.")

    async def _decide(self) -> EnrollmentProgress:
        async def park(failure: str) -> EnrollmentProgress | None:
            parked = await self._record.park(f"The request could not be decided: {failure}")
            is_decided = parked.state in FINAL_STAGES or parked.state is EnrollmentState.ENROLLED
            return parked if is_decided else None

        decided = await self._record.run_step_unless(
            lambda: self._cancellation.requested_in_temporal,
            EnrollmentActivities.validate_and_accept,
            self._request,
            summary="check every rule, reserve a place, associate",
            park=park,
        )
        return decided or await self._record.cancel()

    async def _cancel_after(self, error: asyncio.CancelledError | FailureError) -> EnrollmentProgress:
        """Cancels the request because somebody canceled the workflow in Temporal while a step was retried. Returns
        where the request stands if it is enrolled already.

        Raises:
            asyncio.CancelledError, FailureError: the request is canceled, or the error is another one.
        """
        if not is_cancelled_exception(error):
            raise error
        self._is_canceling = True
        progress = await self._record.cancel(self._cancellation.request_because_interrupted())
        if progress.state is not EnrollmentState.ENROLLED:
            show_stage(FINAL_STAGES.get(progress.state, WorkflowStage.CANCELLED), "Cancelled.")
            raise error
        return progress

    def _takes_interruption(self) -> bool:
        """Returns whether a cancel in Temporal interrupts the current step: it synchronizes, or it cannot succeed."""
        return self._synchronize.is_running or (self._record.is_retrying and not self._is_canceling)

    async def _synchronize_with_derms(self, progress: EnrollmentProgress) -> SyncOutcome | None:
        """Returns how the sync request ended; None if there is none, because the request was not enrolled."""
        if progress.sync_request_id is None:
            return None
        return await self._synchronize.run(progress.sync_request_id)

    async def _end(self, progress: EnrollmentProgress, outcome: SyncOutcome | None) -> EnrollResult:
        if outcome is None:
            stage = FINAL_STAGES[progress.state]
        elif outcome is SyncOutcome.CANCELLED:
            stage = WorkflowStage.NOT_SYNCHRONIZED
        else:
            stage = WorkflowStage.SYNCHRONIZED
        show_stage(stage, f"Ended: {stage.replace('_', ' ')}.")
        await self.signals.wait_until_handled()
        if progress.state is EnrollmentState.CANCELLED:
            self._cancellation.end_as_canceled()
        failed_rules = progress.failed_rules if outcome is None else ()
        return EnrollResult(state=progress.state, synchronization=outcome, failed_rules=failed_rules)

    @handles_signal(messages.PLACE_FREED, PlaceFreed, "A place in the program may be free.")
    def place_freed(self, message: PlaceFreed) -> None:
        """Wakes a waitlisted request."""
        self._place_freed = True

    @handles_signal(SHIPMENT_CHANGED, ShipmentChanged, "A shipment has moved on, or the customer confirmed it.")
    def shipment_changed(self, message: ShipmentChanged) -> None:
        """Wakes a workflow that waits for the shipment."""
        self._device_setup.shipping.record_change(message)

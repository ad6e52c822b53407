"""The enrol flow: from a request to a synchronized grid resource (docs/domain.md#enroll)."""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.enrollment import EnrollmentActivities
    from models.messages import enrollment as messages
    from models.messages.enrollment import EnrollInput, EnrollmentProgress, EnrollResult, PlaceFreed
    from models.messages.head_end import HEAD_END_ANSWERED, HeadEndAnswered
    from models.messages.search_attributes import WorkflowStage
    from models.messages.shipment import SHIPMENT_CHANGED, ShipmentChanged
    from models.messages.signals import CANCEL_REQUESTED, RETRY_REQUESTED, CancelRequested, RetryRequested
    from models.messages.site_visit import (
        APPOINTMENT_CHANGED,
        SITE_VISIT_COMPLETED,
        WORK_ORDER_CANCELLED,
        AppointmentChanged,
        SiteVisitCompleted,
        WorkOrderCancelled,
    )
    from models.messages.synchronization import (
        DERMS_ACKNOWLEDGED,
        SYNC_TURN,
        DermsAcknowledgement,
        SyncOutcome,
        SyncTurn,
    )
    from models.states.enrollment import EnrollmentState
    from workflows import policies
    from workflows.cancellation import Cancellation, await_unless
    from workflows.device_setup import DeviceSetup
    from workflows.enrollment_record import FINAL_STAGES, EnrollmentRecord
    from workflows.parking import STAGE, Parking, describe_failure, set_search_attributes
    from workflows.signals import SignalReader, handles_signal, parse_input
    from workflows.steps.synchronize import Synchronize


@workflow.defn(name=messages.WORKFLOW)
class EnrollmentWorkflow:
    """Validate and accept, wait for a place if need be, set the device up, associate, tell the DERMS."""

    @workflow.init
    def __init__(self, message: Any) -> None:
        self._request = request = parse_input(EnrollInput, message)
        self.signals = SignalReader()
        self._place_freed = False
        self._setup_ended = False
        self._parking = Parking()
        self._record = EnrollmentRecord(request, self._parking)
        self._device_setup = DeviceSetup(request, self._parking, self._record)
        timeout = timedelta(seconds=request.acknowledgement_timeout_seconds)
        self._synchronize = Synchronize(self._parking, timeout)
        self._cancellation = Cancellation(
            request=self._record.cancel_requested, interrupts=self._handles_cancellation_itself
        )

    @workflow.run
    async def run(self, message: Any) -> EnrollResult:
        """Ends when the request is refused or withdrawn, or when the DERMS knows it or never will."""
        return await self._cancellation.run_to_completion(self._enroll())

    async def _enroll(self) -> EnrollResult:
        try:
            accepted = await self._device_setup.run(await self._accept())
            self._setup_ended = True
        except (asyncio.CancelledError, FailureError) as error:
            if not is_cancelled_exception(error):
                raise
            self._setup_ended = True
            accepted = await self._record.cancel(CancelRequested(reason="The flow was cancelled in Temporal."))
            if accepted.state is not EnrollmentState.ENROLLED:
                self._set_stage(FINAL_STAGES.get(accepted.state, WorkflowStage.CANCELLED), "Cancelled.")
                raise
        if accepted.sync_request_id is None:
            return await self._end(
                FINAL_STAGES[accepted.state], EnrollResult(state=accepted.state, failed_rules=accepted.failed_rules)
            )
        outcome = await self._synchronize.run(accepted.sync_request_id)
        synchronized = outcome is not SyncOutcome.CANCELLED
        stage = WorkflowStage.SYNCHRONIZED if synchronized else WorkflowStage.NOT_SYNCHRONIZED
        return await self._end(stage, EnrollResult(state=accepted.state, synchronization=outcome))

    def _handles_cancellation_itself(self) -> bool:
        """Whether a cancel in Temporal is taken where it lands: a step that our record does not take is left."""
        return self._synchronize.is_running or (self._parking.is_retrying_step and not self._setup_ended)

    async def _accept(self) -> EnrollmentProgress:
        """Decides until decided: a waitlisted request is decided again whenever a place may be free."""
        workflow.set_current_details("Checking whether the request qualifies.")
        while True:
            self._place_freed = False
            accepted = await self._validate_and_accept()
            if accepted.state is not EnrollmentState.WAITLISTED:
                return accepted
            self._set_stage(
                WorkflowStage.WAITLISTED, "Waiting for a place in the program. The waitlist is served in order."
            )
            await workflow.wait_condition(lambda: self._place_freed or self._record.cancel_is_requested)
            if self._record.cancel_is_requested:
                return await self._record.cancel()
            self._set_stage(
                WorkflowStage.ENROLLING, "A place became free: checking again whether the request qualifies."
            )

    async def _validate_and_accept(self) -> EnrollmentProgress:
        while True:
            try:
                decided = await await_unless(
                    workflow.start_local_activity_method(
                        EnrollmentActivities.validate_and_accept,
                        self._request,
                        summary="check every rule, reserve a place, associate",
                        **policies.OWN_DATABASE,
                    ),
                    lambda: self._cancellation.requested,
                )
                return decided or await self._record.cancel()
            except FailureError as error:
                if is_cancelled_exception(error):
                    raise
                parked = await self._record.park(f"The request could not be decided: {describe_failure(error)}")
                if parked.state in FINAL_STAGES or parked.state is EnrollmentState.ENROLLED:
                    return parked

    async def _end(self, stage: WorkflowStage, result: EnrollResult) -> EnrollResult:
        self._set_stage(stage, f"Ended: {stage.replace('_', ' ')}.")
        await self.signals.wait_until_handled()
        if result.state is EnrollmentState.CANCELLED:
            self._cancellation.end_as_canceled()
        return result

    def _set_stage(self, stage: WorkflowStage, details: str) -> None:
        workflow.set_current_details(details)
        set_search_attributes(STAGE.value_set(stage))

    @handles_signal(messages.PLACE_FREED, PlaceFreed, "A place in the program may be free.")
    def place_freed(self, message: PlaceFreed) -> None:
        """Wakes a waitlisted request."""
        self._place_freed = True

    @handles_signal(CANCEL_REQUESTED, CancelRequested, "Cancel the request, if it is not enrolled yet.")
    def cancel_requested(self, message: CancelRequested) -> None:
        """Remembered until the flow comes to a point where it waits."""
        self._record.cancel_requested(message)

    @handles_signal(RETRY_REQUESTED, RetryRequested, "A person acted on what needed attention.")
    def retry_requested(self, message: RetryRequested) -> None:
        """Wakes a parked flow."""
        self._parking.retry_requested(message)

    @handles_signal(SITE_VISIT_COMPLETED, SiteVisitCompleted, "A technician reported of a site visit.")
    def site_visit_completed(self, message: SiteVisitCompleted) -> None:
        """Wakes a flow that waits for it; kept if it comes early."""
        self._device_setup.site_visit.record_completion(message)

    @handles_signal(APPOINTMENT_CHANGED, AppointmentChanged, "An appointment for a site visit was made or moved.")
    def appointment_changed(self, message: AppointmentChanged) -> None:
        """Reminders count from it."""
        self._device_setup.site_visit.record_appointment(message)

    @handles_signal(WORK_ORDER_CANCELLED, WorkOrderCancelled, "The work order was called off.")
    def work_order_cancelled(self, message: WorkOrderCancelled) -> None:
        """Wakes a flow that waits for its visit."""
        self._device_setup.site_visit.record_cancellation(message)

    @handles_signal(SHIPMENT_CHANGED, ShipmentChanged, "A shipment got further, or was confirmed.")
    def shipment_changed(self, message: ShipmentChanged) -> None:
        """Wakes a flow that waits for it; kept if it comes early."""
        self._device_setup.shipping.record_change(message)

    @handles_signal(HEAD_END_ANSWERED, HeadEndAnswered, "A head-end answered a question after a device.")
    def head_end_answered(self, message: HeadEndAnswered) -> None:
        """Wakes a flow that waits for it; kept if it comes early."""
        self._device_setup.status_check.requests.record_answer(message)

    @handles_signal(DERMS_ACKNOWLEDGED, DermsAcknowledgement, "The DERMS acknowledged a sync message.")
    def derms_acknowledged(self, message: DermsAcknowledgement) -> None:
        """Wakes a flow that waits for it; kept if it comes early."""
        self._synchronize.record_acknowledgement(message)

    @handles_signal(SYNC_TURN, SyncTurn, "What the sync request waited for has changed.")
    def sync_turn(self, message: SyncTurn) -> None:
        """Wakes a flow whose message waits for its turn, or was discarded."""
        self._synchronize.record_turn(message)

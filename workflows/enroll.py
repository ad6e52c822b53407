"""The enrol flow: from a request to a synchronized grid resource (docs/domain.md#enroll)."""

import asyncio
from datetime import timedelta
from typing import Any

from pydantic import ValidationError
from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.enrollment import EnrollmentActivities
    from models.messages import enroll as messages
    from models.messages.device_setup import SHIPMENT_CHANGED, ShipmentChanged
    from models.messages.enroll import (
        Accepted,
        CancelRequested,
        EnrollInput,
        EnrollResult,
        PlaceFreed,
        RetryRequested,
        Stage,
    )
    from models.messages.head_end import HEAD_END_ANSWERED, HeadEndAnswered
    from models.messages.site_visit import (
        APPOINTMENT_CHANGED,
        SITE_VISIT_COMPLETED,
        WORK_ORDER_CANCELLED,
        AppointmentChanged,
        WorkOrderCancelled,
    )
    from models.messages.synchronize import DERMS_ACKNOWLEDGED, SYNC_TURN, Acknowledged, SyncOutcome, SyncTurn
    from models.states import EnrollmentState
    from workflows import policies
    from workflows.device_setup import DeviceSetup
    from workflows.enrollment_record import ENDS, EnrollmentRecord
    from workflows.parking import STAGE, Parking, mark, reason_of
    from workflows.site_visit import report_of
    from workflows.synchronize import Synchronize


@workflow.defn(name=messages.WORKFLOW, failure_exception_types=[ValidationError])
class Enroll:
    """Validate and accept, wait for a place if need be, set the device up, associate, tell the DERMS."""

    @workflow.init
    def __init__(self, request: EnrollInput) -> None:
        self._request = request
        self._place_freed = False
        self._parking = Parking()
        self._record = EnrollmentRecord(request, self._parking)
        self._device_setup = DeviceSetup(request, self._parking, self._record)
        timeout = timedelta(seconds=request.acknowledgement_timeout_seconds)
        self._synchronize = Synchronize(self._parking, timeout)

    @workflow.run
    async def run(self, request: EnrollInput) -> EnrollResult:
        """Ends when the request is refused or withdrawn, or when the DERMS knows it or never will."""
        try:
            accepted = await self._device_setup.run(await self._accept())
        except (asyncio.CancelledError, FailureError) as error:
            if not is_cancelled_exception(error):
                raise
            accepted = await self._record.withdraw(CancelRequested(reason="The flow was cancelled in Temporal."))
            if accepted.state is not EnrollmentState.ENROLLED:
                self._show(ENDS.get(accepted.state, Stage.CANCELLED), "Cancelled.")
                raise
        if accepted.sync_request_id is None:
            return await self._end(
                ENDS[accepted.state], EnrollResult(state=accepted.state, failed_rules=accepted.failed_rules)
            )
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
            await workflow.wait_condition(lambda: self._place_freed or self._record.cancelled)
            if self._record.cancelled:
                return await self._record.withdraw()
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
                parked = await self._record.park(f"The request could not be decided: {reason_of(error)}")
                if parked.state in ENDS or parked.state is EnrollmentState.ENROLLED:
                    return parked

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
        self._record.cancel_requested(message)

    @workflow.signal(name=messages.RETRY_REQUESTED, description="A person acted on what needed attention.")
    def retry_requested(self, message: RetryRequested) -> None:
        """Wakes a parked flow."""
        self._parking.retry_requested(message)

    @workflow.signal(name=SITE_VISIT_COMPLETED, description="A technician reported of a site visit.")
    def site_visit_completed(self, message: Any) -> None:
        """Wakes a flow that waits for it; kept if it comes early."""
        if report := report_of(message):
            self._device_setup.site_visit.completed(report)

    @workflow.signal(name=APPOINTMENT_CHANGED, description="An appointment for a site visit was made or moved.")
    def appointment_changed(self, message: AppointmentChanged) -> None:
        """Reminders count from it."""
        self._device_setup.site_visit.appointment_changed(message)

    @workflow.signal(name=WORK_ORDER_CANCELLED, description="The work order was called off.")
    def work_order_cancelled(self, message: WorkOrderCancelled) -> None:
        """Wakes a flow that waits for its visit."""
        self._device_setup.site_visit.cancelled(message)

    @workflow.signal(name=SHIPMENT_CHANGED, description="A shipment got further, or was confirmed.")
    def shipment_changed(self, message: ShipmentChanged) -> None:
        """Wakes a flow that waits for it; kept if it comes early."""
        self._device_setup.shipping.changed(message)

    @workflow.signal(name=HEAD_END_ANSWERED, description="A head-end answered a question after a device.")
    def head_end_answered(self, message: HeadEndAnswered) -> None:
        """Wakes a flow that waits for it; kept if it comes early."""
        self._device_setup.status_check.questions.answered(message)

    @workflow.signal(name=DERMS_ACKNOWLEDGED, description="The DERMS acknowledged a sync message.")
    def derms_acknowledged(self, message: Acknowledged) -> None:
        """Wakes a flow that waits for it; kept if it comes early."""
        self._synchronize.acknowledged(message)

    @workflow.signal(name=SYNC_TURN, description="What the sync request waited for has changed.")
    def sync_turn(self, message: SyncTurn) -> None:
        """Wakes a flow whose message waits for its turn, or was discarded."""
        self._synchronize.turn_came(message)

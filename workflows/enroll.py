"""The enrol flow: from a request to a synchronized grid resource (docs/domain.md#enroll)."""

import asyncio
from datetime import timedelta
from typing import Any

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
        SiteVisitCompleted,
        WorkOrderCancelled,
    )
    from models.messages.synchronize import DERMS_ACKNOWLEDGED, SYNC_TURN, Acknowledged, SyncOutcome, SyncTurn
    from models.states import EnrollmentState
    from workflows import policies
    from workflows.cancellation import Cancellation, unless_over
    from workflows.device_setup import DeviceSetup
    from workflows.enrollment_record import ENDS, EnrollmentRecord
    from workflows.parking import STAGE, Parking, mark, reason_of
    from workflows.signals import Signals, hears, read_start
    from workflows.synchronize import Synchronize


@workflow.defn(name=messages.WORKFLOW)
class Enroll:
    """Validate and accept, wait for a place if need be, set the device up, associate, tell the DERMS."""

    @workflow.init
    def __init__(self, message: Any) -> None:
        self._request = request = read_start(EnrollInput, message)
        self.signals = Signals()
        self._place_freed = False
        self._set_up = False
        self._parking = Parking()
        self._record = EnrollmentRecord(request, self._parking)
        self._device_setup = DeviceSetup(request, self._parking, self._record)
        timeout = timedelta(seconds=request.acknowledgement_timeout_seconds)
        self._synchronize = Synchronize(self._parking, timeout)
        self._cancellation = Cancellation(request=self._record.cancel_requested, interrupts=self._interrupts)

    @workflow.run
    async def run(self, message: Any) -> EnrollResult:
        """Ends when the request is refused or withdrawn, or when the DERMS knows it or never will."""
        return await self._cancellation.carry_through(self._enroll())

    async def _enroll(self) -> EnrollResult:
        try:
            accepted = await self._device_setup.run(await self._accept())
            self._set_up = True
        except (asyncio.CancelledError, FailureError) as error:
            if not is_cancelled_exception(error):
                raise
            self._set_up = True
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

    def _interrupts(self) -> bool:
        """Whether a cancel in Temporal is taken where it lands: a step that our record does not take is left."""
        return self._synchronize.running or (self._parking.insists and not self._set_up)

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
                decided = await unless_over(
                    workflow.start_local_activity_method(
                        EnrollmentActivities.validate_and_accept,
                        self._request,
                        summary="check every rule, reserve a place, associate",
                        **policies.OWN_DATABASE,
                    ),
                    lambda: self._cancellation.requested,
                )
                return decided or await self._record.withdraw()
            except FailureError as error:
                if is_cancelled_exception(error):
                    raise
                parked = await self._record.park(f"The request could not be decided: {reason_of(error)}")
                if parked.state in ENDS or parked.state is EnrollmentState.ENROLLED:
                    return parked

    async def _end(self, stage: Stage, result: EnrollResult) -> EnrollResult:
        self._show(stage, f"Ended: {stage.replace('_', ' ')}.")
        await self.signals.settle()
        if result.state is EnrollmentState.CANCELLED:
            self._cancellation.end_as_canceled()
        return result

    def _show(self, stage: Stage, details: str) -> None:
        workflow.set_current_details(details)
        mark(STAGE.value_set(stage))

    @hears(messages.PLACE_FREED, PlaceFreed, "A place in the program may be free.")
    def place_freed(self, message: PlaceFreed) -> None:
        """Wakes a waitlisted request."""
        self._place_freed = True

    @hears(messages.CANCEL_REQUESTED, CancelRequested, "Cancel the request, if it is not enrolled yet.")
    def cancel_requested(self, message: CancelRequested) -> None:
        """Remembered until the flow comes to a point where it waits."""
        self._record.cancel_requested(message)

    @hears(messages.RETRY_REQUESTED, RetryRequested, "A person acted on what needed attention.")
    def retry_requested(self, message: RetryRequested) -> None:
        """Wakes a parked flow."""
        self._parking.retry_requested(message)

    @hears(SITE_VISIT_COMPLETED, SiteVisitCompleted, "A technician reported of a site visit.")
    def site_visit_completed(self, message: SiteVisitCompleted) -> None:
        """Wakes a flow that waits for it; kept if it comes early."""
        self._device_setup.site_visit.completed(message)

    @hears(APPOINTMENT_CHANGED, AppointmentChanged, "An appointment for a site visit was made or moved.")
    def appointment_changed(self, message: AppointmentChanged) -> None:
        """Reminders count from it."""
        self._device_setup.site_visit.appointment_changed(message)

    @hears(WORK_ORDER_CANCELLED, WorkOrderCancelled, "The work order was called off.")
    def work_order_cancelled(self, message: WorkOrderCancelled) -> None:
        """Wakes a flow that waits for its visit."""
        self._device_setup.site_visit.cancelled(message)

    @hears(SHIPMENT_CHANGED, ShipmentChanged, "A shipment got further, or was confirmed.")
    def shipment_changed(self, message: ShipmentChanged) -> None:
        """Wakes a flow that waits for it; kept if it comes early."""
        self._device_setup.shipping.changed(message)

    @hears(HEAD_END_ANSWERED, HeadEndAnswered, "A head-end answered a question after a device.")
    def head_end_answered(self, message: HeadEndAnswered) -> None:
        """Wakes a flow that waits for it; kept if it comes early."""
        self._device_setup.status_check.questions.answered(message)

    @hears(DERMS_ACKNOWLEDGED, Acknowledged, "The DERMS acknowledged a sync message.")
    def derms_acknowledged(self, message: Acknowledged) -> None:
        """Wakes a flow that waits for it; kept if it comes early."""
        self._synchronize.acknowledged(message)

    @hears(SYNC_TURN, SyncTurn, "What the sync request waited for has changed.")
    def sync_turn(self, message: SyncTurn) -> None:
        """Wakes a flow whose message waits for its turn, or was discarded."""
        self._synchronize.turn_came(message)

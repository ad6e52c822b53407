"""The unenrol flow: from a request to leave to a DERMS that holds the device no more (docs/domain.md#unenroll)."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.unenrollment import UnenrollmentActivities
    from models.messages import unenrollment as messages
    from models.messages.search_attributes import WorkflowStage
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
    from models.messages.unenrollment import (
        ApprovalDecided,
        CancelUnenrollment,
        CompleteUnenrollment,
        DayChanged,
        DecideApproval,
        DeviceKept,
        DeviceReceived,
        ParkUnenrollment,
        UnenrollInput,
        UnenrollmentProgress,
        UnenrollResult,
    )
    from models.states.unenrollment import UnenrollmentState
    from workflows import policies
    from workflows.cancellation import Cancellation, await_unless
    from workflows.parking import STAGE, Parking, describe_failure, set_search_attributes
    from workflows.signals import SignalReader, handles_signal, parse_input
    from workflows.steps.removal import DeviceRemovals
    from workflows.steps.synchronize import Synchronize

_U = UnenrollmentState
_ATTENTION_STAYS = "who-needs-attention-is-not-hidden-by-others-who-wait"
_EARLY_DAY_CHANGE_COUNTS = "a-day-changed-before-the-wait-counts"
_SYNC_REQUEST_PREFIX = "syn_"
"""What the message of a person who repaired a sync request begins with; it is about nothing else of the flow."""


@workflow.defn(name=messages.WORKFLOW)
class UnenrollmentWorkflow:
    """Validate, have it approved, wait for the day, let devices go or fetch them, tell the DERMS as they leave."""

    @workflow.init
    def __init__(self, message: Any) -> None:
        self._request = request = parse_input(UnenrollInput, message)
        self.signals = SignalReader()
        self._latest: UnenrollmentProgress | None = None
        self._sync_request_ids: list[str] = []
        self._stage = WorkflowStage.UNENROLLING
        self._cancel_request: CancelRequested | None = None
        self._approval: ApprovalDecided | None = None
        self._day_changed = False
        self._sync_outcomes: dict[str, SyncOutcome] = {}
        self._parking = Parking()
        self._sync_parking = Parking(beside=self._parking)
        timeout = timedelta(seconds=request.acknowledgement_timeout_seconds)
        self._synchronize = Synchronize(self._sync_parking, timeout)
        self._removals = DeviceRemovals(request.unenrollment_id, self._parking, self._record_progress)
        self._cancellation = Cancellation(request=self._request_cancel, interrupts=lambda: self._synchronize.is_running)

    @workflow.run
    async def run(self, message: Any) -> UnenrollResult:
        """Ends when it is rejected or taken back; else when no device is left to fetch and the DERMS knows or never
        will."""
        return await self._cancellation.run_to_completion(self._unenroll())

    async def _unenroll(self) -> UnenrollResult:
        leaving = await self._validate()
        leaving = await self._await_approval(leaving)
        leaving = await self._await_effective_date(leaving)
        leaving = await self._remove_devices(leaving)
        return await self._end(leaving)

    async def _validate(self) -> UnenrollmentProgress:
        workflow.set_current_details("Checking whether the request can stand.")
        return await self._step(
            lambda: workflow.start_local_activity_method(
                UnenrollmentActivities.validate_unenrollment,
                self._request,
                summary="check every rule",
                **policies.OWN_DATABASE,
            )
        )

    async def _await_approval(self, leaving: UnenrollmentProgress) -> UnenrollmentProgress:
        while leaving.state is _U.AWAITING_APPROVAL:
            self._set_stage(WorkflowStage.AWAITING_APPROVAL, "Waiting for a program manager's approval.")
            await self._wait(lambda: self._approval is not None)
            decided, self._approval = self._approval, None
            leaving = await (self._cancel_if_possible(leaving) if decided is None else self._decide(decided))
        return leaving

    async def _decide(self, decided: ApprovalDecided) -> UnenrollmentProgress:
        request = DecideApproval(
            unenrollment_id=self._request.unenrollment_id,
            approved=decided.approved,
            reason=decided.reason,
            actor=decided.actor,
        )
        return await self._step(
            lambda: workflow.start_local_activity_method(
                UnenrollmentActivities.decide_approval,
                request,
                summary="approved" if decided.approved else "not approved",
                **policies.OWN_DATABASE,
            )
        )

    async def _await_effective_date(self, leaving: UnenrollmentProgress) -> UnenrollmentProgress:
        while leaving.state is _U.SCHEDULED:
            day = workflow.now() + timedelta(seconds=leaving.seconds_until_effective)
            self._set_stage(WorkflowStage.SCHEDULED, f"Waiting for the day: {day:%Y-%m-%d %H:%M} UTC.")
            if self._day_changed and not workflow.patched(_EARLY_DAY_CHANGE_COUNTS):
                self._day_changed = False
            await self._wait(lambda: self._day_changed, timedelta(seconds=leaving.seconds_until_effective))
            self._day_changed = False
            leaving = await (self._begin() if self._cancel_request is None else self._cancel_if_possible(leaving))
        return leaving

    async def _begin(self) -> UnenrollmentProgress:
        return await self._step(
            lambda: workflow.start_local_activity_method(
                UnenrollmentActivities.begin_unenrollment, self._request, summary="begin", **policies.OWN_DATABASE
            )
        )

    async def _remove_devices(self, leaving: UnenrollmentProgress) -> UnenrollmentProgress:
        """Until every device has left and the DERMS was told of each; devices that wait hold up nobody else."""
        self._record_progress(leaving)
        while leaving.state is not _U.CANCELLED:
            self._removals.start_new(leaving.removals, leaving)
            untold = next((one for one in self._sync_request_ids if one not in self._sync_outcomes), None)
            if untold is not None:
                self._sync_outcomes[untold] = await self._synchronize.run(untold)
            elif not self._removals.is_finished:
                leaving = await self._wait_for_devices(leaving)
            else:
                return leaving
        await self._removals.cancel_all()
        return leaving

    async def _wait_for_devices(self, leaving: UnenrollmentProgress) -> UnenrollmentProgress:
        details = self._parking.attention_message or "Waiting for devices to be fetched or shipped back."
        # A device for which a person is asked already stays what people see first.
        hides = bool(self._parking.attention_message) and self._stage is not WorkflowStage.REMOVING
        if hides and workflow.patched(_ATTENTION_STAYS):
            workflow.set_current_details(details)
        else:
            self._set_stage(WorkflowStage.REMOVING, details)
        self._latest = None
        await self._wait(lambda: self._latest is not None or self._removals.is_finished)
        if self._cancel_request is not None:
            return await self._cancel_if_possible(leaving)
        return self._latest or leaving

    def _record_progress(self, leaving: UnenrollmentProgress) -> None:
        """Where it stands after a step; two that end together may tell in either order, so nothing is forgotten."""
        self._latest = leaving
        self._sync_request_ids += [one for one in leaving.sync_requests if one not in self._sync_request_ids]

    async def _wait(self, until: Callable[[], bool], timeout: timedelta | None = None) -> None:
        """Until then, or until somebody cancels; asked to stop in Temporal, that is as good as cancelling."""
        try:
            await workflow.wait_condition(
                lambda: self._cancel_request is not None or until(), timeout=timeout, timeout_summary="the day has come"
            )
        except asyncio.TimeoutError:  # noqa: UP041 - what the SDK documents
            return
        except asyncio.CancelledError:
            self._cancel_request = CancelRequested(reason="The flow was cancelled in Temporal.")

    async def _cancel_if_possible(self, leaving: UnenrollmentProgress) -> UnenrollmentProgress:
        """Takes the request back, unless a device has left already."""
        cancel, self._cancel_request = self._cancel_request, None
        if cancel is None:
            return leaving
        request = CancelUnenrollment(
            unenrollment_id=self._request.unenrollment_id, reason=cancel.reason, actor=cancel.actor
        )
        return await self._step(
            lambda: workflow.start_local_activity_method(
                UnenrollmentActivities.cancel_unenrollment, request, summary="cancel", **policies.OWN_DATABASE
            ),
            withdraws=False,
        )

    async def _step(
        self, step: Callable[[], workflow.ActivityHandle[UnenrollmentProgress]], *, withdraws: bool = True
    ) -> UnenrollmentProgress:
        """A step on our own record; while it fails the record says so, if it can be reached, and it is tried again.
        `withdraws`: one who cancels in Temporal meanwhile takes the request back instead."""

        def over() -> bool:
            return withdraws and self._cancellation.requested and self._cancel_request is not None

        while not over():
            try:
                done = await await_unless(step(), over)
                if done is not None:
                    return done
            except (asyncio.CancelledError, FailureError) as error:
                if isinstance(error, asyncio.CancelledError) or is_cancelled_exception(error):
                    self._cancel_request = CancelRequested(reason="The flow was cancelled in Temporal.")
                    continue
                why = f"A step on our own record failed: {describe_failure(error)}"
            else:
                break
            await self._mark_for_attention(why)
            await self._parking.wait_for_person(
                why, resume=WorkflowStage.UNENROLLING, until=over, again_after=policies.AUTOMATIC_RETRY_INTERVAL
            )
        return await self._cancel_if_possible(UnenrollmentProgress(state=_U.SUBMITTED))

    async def _mark_for_attention(self, why: str) -> None:
        request = ParkUnenrollment(unenrollment_id=self._request.unenrollment_id, reason=why[:1000])
        try:
            await workflow.execute_local_activity_method(
                UnenrollmentActivities.park_unenrollment, request, summary="mark for attention", **policies.OWN_DATABASE
            )
        except FailureError as error:
            workflow.logger.warning("the record cannot be marked: %s", describe_failure(error))

    async def _end(self, leaving: UnenrollmentProgress) -> UnenrollResult:
        synchronization = next(reversed(self._sync_outcomes.values()), None)
        if self._sync_outcomes:
            leaving = await self._finalize()
        stage = {_U.REJECTED: WorkflowStage.REJECTED, _U.CANCELLED: WorkflowStage.CANCELLED}.get(
            leaving.state, WorkflowStage.SYNCHRONIZED
        )
        if synchronization is SyncOutcome.CANCELLED:
            stage = WorkflowStage.NOT_SYNCHRONIZED
        self._set_stage(stage, f"Ended: {leaving.state.replace('_', ' ')}.")
        await self.signals.wait_until_handled()
        if leaving.state is _U.CANCELLED:
            self._cancellation.end_as_canceled()
        return UnenrollResult(state=leaving.state, synchronization=synchronization, failed_rules=leaving.failed_rules)

    async def _finalize(self) -> UnenrollmentProgress:
        request = CompleteUnenrollment(unenrollment_id=self._request.unenrollment_id)
        return await self._step(
            lambda: workflow.start_local_activity_method(
                UnenrollmentActivities.finalize_unenrollment, request, summary="settle", **policies.OWN_DATABASE
            ),
            withdraws=False,
        )

    def _request_cancel(self, cancel: CancelRequested) -> None:
        self._cancel_request = cancel

    def _set_stage(self, stage: WorkflowStage, details: str) -> None:
        workflow.set_current_details(details)
        if stage is not self._stage:
            self._stage = stage
            set_search_attributes(STAGE.value_set(stage))

    @handles_signal(messages.APPROVAL_DECIDED, ApprovalDecided, "A program manager approved it, or did not.")
    def approval_decided(self, message: ApprovalDecided) -> None:
        """Wakes a flow that waits for it."""
        self._approval = message

    @handles_signal(CANCEL_REQUESTED, CancelRequested, "Take the request back, if no device has left yet.")
    def cancel_requested(self, message: CancelRequested) -> None:
        """Remembered until the flow comes to a point where it waits."""
        self._request_cancel(message)

    @handles_signal(messages.DAY_CHANGED, DayChanged, "It takes effect on another day.")
    def day_changed(self, message: DayChanged) -> None:
        """Wakes a flow that waits for its day."""
        self._day_changed = True

    @handles_signal(messages.DEVICE_RECEIVED, DeviceReceived, "A shipped device came back.")
    def device_received(self, message: DeviceReceived) -> None:
        """Ends its removal."""
        self._removals.record_returned(message.device_id)

    @handles_signal(messages.DEVICE_KEPT, DeviceKept, "A person decided that a device stays where it is.")
    def device_kept(self, message: DeviceKept) -> None:
        """Ends its removal."""
        self._removals.record_kept(message.device_id)

    @handles_signal(SITE_VISIT_COMPLETED, SiteVisitCompleted, "A technician reported.")
    def site_visit_completed(self, message: SiteVisitCompleted) -> None:
        """Wakes the removal that waits for it; kept if it comes early."""
        self._removals.record_completion(message)

    @handles_signal(APPOINTMENT_CHANGED, AppointmentChanged, "An appointment was made or moved.")
    def appointment_changed(self, message: AppointmentChanged) -> None:
        """Reminders count anew."""
        self._removals.record_appointment(message)

    @handles_signal(WORK_ORDER_CANCELLED, WorkOrderCancelled, "A work order was called off.")
    def work_order_cancelled(self, message: WorkOrderCancelled) -> None:
        """A person decides what becomes of the device."""
        self._removals.record_cancellation(message)

    @handles_signal(RETRY_REQUESTED, RetryRequested, "A person acted on what needed attention.")
    def retry_requested(self, message: RetryRequested) -> None:
        """Wakes what is parked; a repaired sync request is no reason to fetch a device once more."""
        self._sync_parking.retry_requested(message)
        if not message.message_id.startswith(_SYNC_REQUEST_PREFIX):
            self._parking.retry_requested(message)
            self._removals.retry_requested(message)

    @handles_signal(DERMS_ACKNOWLEDGED, DermsAcknowledgement, "The DERMS acknowledged a sync message.")
    def derms_acknowledged(self, message: DermsAcknowledgement) -> None:
        """Wakes a flow that waits for it; kept if it comes early."""
        self._synchronize.record_acknowledgement(message)

    @handles_signal(SYNC_TURN, SyncTurn, "What the sync request waited for has changed.")
    def sync_turn(self, message: SyncTurn) -> None:
        """It may be this flow's turn."""
        self._synchronize.record_turn(message)

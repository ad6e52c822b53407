"""The unenrollment workflow: from a request to end participation to a DERMS that no longer holds the devices.

See docs/domain.md#unenroll.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.unenrollment import UnenrollmentActivities
    from models.messages import unenrollment as messages
    from models.messages.search_attributes import WorkflowStage
    from models.messages.signals import RETRY_REQUESTED, RetryRequested
    from models.messages.synchronization import SyncOutcome
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
    from workflows.cancellation import Cancellation
    from workflows.intake import TakesAcknowledgements, TakesCancel, TakesSiteVisits
    from workflows.parking import Parking, show_stage
    from workflows.record import Record, Step
    from workflows.signals import M, SignalReader, handles_signal, parse_input
    from workflows.steps.removal import DeviceRemovals
    from workflows.steps.synchronize import Synchronize

_U = UnenrollmentState
_ATTENTION_STAYS = "who-needs-attention-is-not-hidden-by-others-who-wait"
_EARLY_DAY_CHANGE_COUNTS = "a-day-changed-before-the-wait-counts"
_SYNC_REQUEST_PREFIX = "syn_"
"""How the id of a retry begins that is about a sync request, and about nothing else in the workflow."""


@workflow.defn(name=messages.WORKFLOW)
class UnenrollmentWorkflow(TakesCancel, TakesSiteVisits, TakesAcknowledgements):
    """Validates, waits for approval and for the day, has the devices removed, and notifies the DERMS of each."""

    @workflow.init
    def __init__(self, message: Any) -> None:
        self._request = request = parse_input(UnenrollInput, message)
        self.signals = SignalReader()
        self._stage = WorkflowStage.UNENROLLING
        self._approval: ApprovalDecided | None = None
        self._day_changed = False
        self._latest: UnenrollmentProgress | None = None
        self._sync_request_ids: list[str] = []
        self._sync_outcomes: dict[str, SyncOutcome] = {}
        self._cancellation = Cancellation(interrupts=lambda: self._synchronize.is_running)
        self._parking = Parking()
        self._sync_parking = Parking(beside=self._parking)
        self._record = Record(self._parking)
        self._removals = DeviceRemovals(request.unenrollment_id, self._parking, self._note_progress)
        self._site_visits = self._removals
        self._synchronize = Synchronize(Record(self._sync_parking), request.acknowledgement_timeout_seconds)

    @workflow.run
    async def run(self, message: Any) -> UnenrollResult:
        """Ends when the request is rejected or canceled, or when every device is removed and the DERMS knows it."""
        return await self._cancellation.run_to_completion(self._unenroll())

    async def _unenroll(self) -> UnenrollResult:
        progress = await self._validate()
        progress = await self._await_approval(progress)
        progress = await self._await_effective_date(progress)
        progress = await self._remove_devices(progress)
        return await self._end(progress)

    async def _validate(self) -> UnenrollmentProgress:
        workflow.set_current_details("Checking whether the request can stand.")
        return await self._run_step(
            UnenrollmentActivities.validate_unenrollment, self._request, summary="check every rule"
        )

    async def _await_approval(self, progress: UnenrollmentProgress) -> UnenrollmentProgress:
        while progress.state is _U.AWAITING_APPROVAL:
            self._show(WorkflowStage.AWAITING_APPROVAL, "Waiting for a program manager's approval.")
            await self._wait(lambda: self._approval is not None)
            decided, self._approval = self._approval, None
            progress = await (self._cancel(progress) if decided is None else self._decide(decided))
        return progress

    async def _decide(self, decided: ApprovalDecided) -> UnenrollmentProgress:
        decision = DecideApproval(
            unenrollment_id=self._request.unenrollment_id,
            approved=decided.approved,
            reason=decided.reason,
            actor=decided.actor,
        )
        return await self._run_step(
            UnenrollmentActivities.decide_approval,
            decision,
            summary="approved" if decided.approved else "not approved",
        )

    async def _await_effective_date(self, progress: UnenrollmentProgress) -> UnenrollmentProgress:
        while progress.state is _U.SCHEDULED:
            day = workflow.now() + timedelta(seconds=progress.seconds_until_effective)
            self._show(WorkflowStage.SCHEDULED, f"Waiting for the day: {day:%Y-%m-%d %H:%M} UTC.")
            if self._day_changed and not workflow.patched(_EARLY_DAY_CHANGE_COUNTS):
                self._day_changed = False
            await self._wait(lambda: self._day_changed, timedelta(seconds=progress.seconds_until_effective))
            self._day_changed = False
            progress = await (self._begin() if self._cancellation.pending is None else self._cancel(progress))
        return progress

    async def _begin(self) -> UnenrollmentProgress:
        return await self._run_step(UnenrollmentActivities.begin_unenrollment, self._request, summary="begin")

    async def _remove_devices(self, progress: UnenrollmentProgress) -> UnenrollmentProgress:
        """Goes on until every device is removed and the DERMS is notified of each; a device that takes long delays no
        other."""
        self._note_progress(progress)
        while progress.state is not _U.CANCELLED:
            self._removals.start_new(progress.removals, progress)
            unsent = next((id_ for id_ in self._sync_request_ids if id_ not in self._sync_outcomes), None)
            if unsent is not None:
                self._sync_outcomes[unsent] = await self._synchronize.run(unsent)
            elif not self._removals.is_finished:
                progress = await self._await_devices(progress)
            else:
                return progress
        await self._removals.cancel_all()
        return progress

    async def _await_devices(self, progress: UnenrollmentProgress) -> UnenrollmentProgress:
        details = self._parking.attention_message or "Waiting for devices to be fetched or shipped back."
        # A device that already needs a person stays what people see first.
        hides = bool(self._parking.attention_message) and self._stage is not WorkflowStage.REMOVING
        if hides and workflow.patched(_ATTENTION_STAYS):
            workflow.set_current_details(details)
        else:
            self._show(WorkflowStage.REMOVING, details)
        self._latest = None
        await self._wait(lambda: self._latest is not None or self._removals.is_finished)
        if self._cancellation.pending is not None:
            return await self._cancel(progress)
        return self._latest or progress

    def _note_progress(self, progress: UnenrollmentProgress) -> None:
        """Notes what a step returned. Two steps that end together may return in either order, so that sync requests are
        added and never replaced."""
        self._latest = progress
        self._sync_request_ids += [id_ for id_ in progress.sync_requests if id_ not in self._sync_request_ids]

    async def _end(self, progress: UnenrollmentProgress) -> UnenrollResult:
        synchronization = next(reversed(self._sync_outcomes.values()), None)
        if self._sync_outcomes:
            progress = await self._complete()
        stage = {_U.REJECTED: WorkflowStage.REJECTED, _U.CANCELLED: WorkflowStage.CANCELLED}.get(
            progress.state, WorkflowStage.SYNCHRONIZED
        )
        if synchronization is SyncOutcome.CANCELLED:
            stage = WorkflowStage.NOT_SYNCHRONIZED
        self._show(stage, f"Ended: {progress.state.replace('_', ' ')}.")
        await self.signals.wait_until_handled()
        if progress.state is _U.CANCELLED:
            self._cancellation.end_as_canceled()
        return UnenrollResult(state=progress.state, synchronization=synchronization, failed_rules=progress.failed_rules)

    async def _complete(self) -> UnenrollmentProgress:
        return await self._run_step(
            UnenrollmentActivities.finalize_unenrollment,
            CompleteUnenrollment(unenrollment_id=self._request.unenrollment_id),
            summary="settle",
            cancelable=False,
        )

    async def _cancel(self, progress: UnenrollmentProgress) -> UnenrollmentProgress:
        """Cancels the request if somebody wants that and no device is removed yet; returns where the request stands."""
        cancel = self._cancellation.take()
        if cancel is None:
            return progress
        return await self._run_step(
            UnenrollmentActivities.cancel_unenrollment,
            CancelUnenrollment(unenrollment_id=self._request.unenrollment_id, reason=cancel.reason, actor=cancel.actor),
            summary="cancel",
            cancelable=False,
        )

    async def _wait(self, until: Callable[[], bool], timeout: timedelta | None = None) -> None:
        """Waits until `until` holds or somebody cancels the request or the workflow."""
        try:
            await workflow.wait_condition(
                lambda: self._cancellation.pending is not None or until(),
                timeout=timeout,
                timeout_summary="the day has come",
            )
        except asyncio.TimeoutError:  # noqa: UP041 - what the SDK documents
            return
        except asyncio.CancelledError:
            self._cancellation.request_because_interrupted()

    async def _run_step(
        self, step: Step[M, UnenrollmentProgress], message: M, *, summary: str, cancelable: bool = True
    ) -> UnenrollmentProgress:
        """Runs a step on our own record; while it fails, marks the record if it can be reached, and tries again.

        `cancelable`: when somebody cancels the workflow in Temporal meanwhile, the request is canceled instead.
        """

        def obsolete() -> bool:
            return cancelable and self._cancellation.requested_in_temporal and self._cancellation.pending is not None

        async def park(failure: str) -> None:
            why = f"A step on our own record failed: {failure}"
            request = ParkUnenrollment(unenrollment_id=self._request.unenrollment_id, reason=why[:1000])
            await self._record.mark(UnenrollmentActivities.park_unenrollment, request)
            await self._parking.wait_for_person(
                why, resume=WorkflowStage.UNENROLLING, until=obsolete, again_after=policies.AUTOMATIC_RETRY_INTERVAL
            )

        done = await self._record.run_step_unless(obsolete, step, message, summary=summary, park=park)
        return done or await self._cancel(UnenrollmentProgress(state=_U.SUBMITTED))

    def _show(self, stage: WorkflowStage, details: str) -> None:
        if stage is self._stage:
            workflow.set_current_details(details)
        else:
            self._stage = stage
            show_stage(stage, details)

    @handles_signal(messages.APPROVAL_DECIDED, ApprovalDecided, "A program manager approved the request, or did not.")
    def approval_decided(self, message: ApprovalDecided) -> None:
        """Wakes a workflow that waits for approval."""
        self._approval = message

    @handles_signal(messages.DAY_CHANGED, DayChanged, "The request takes effect on another day.")
    def day_changed(self, message: DayChanged) -> None:
        """Wakes a workflow that waits for its day."""
        self._day_changed = True

    @handles_signal(messages.DEVICE_RECEIVED, DeviceReceived, "A shipped device came back.")
    def device_received(self, message: DeviceReceived) -> None:
        """Ends the device's removal."""
        self._removals.record_returned(message.device_id)

    @handles_signal(messages.DEVICE_KEPT, DeviceKept, "A person decided that a device stays where it is.")
    def device_kept(self, message: DeviceKept) -> None:
        """Ends the device's removal."""
        self._removals.record_kept(message.device_id)

    @handles_signal(RETRY_REQUESTED, RetryRequested, "A person acted on what needed attention.")
    def retry_requested(self, message: RetryRequested) -> None:
        """Wakes what is parked. A retried sync request is no reason to fetch a device once more."""
        self._sync_parking.retry_requested(message)
        if not message.message_id.startswith(_SYNC_REQUEST_PREFIX):
            self._parking.retry_requested(message)
            self._removals.retry_requested(message)

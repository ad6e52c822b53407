"""The unenrol flow: from a request to leave to a DERMS that holds the device no more (docs/domain.md#unenroll)."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.unenrollment import UnenrollmentActivities
    from models.messages import unenroll as messages
    from models.messages.enroll import CANCEL_REQUESTED, RETRY_REQUESTED, CancelRequested, RetryRequested, Stage
    from models.messages.site_visit import (
        APPOINTMENT_CHANGED,
        SITE_VISIT_COMPLETED,
        WORK_ORDER_CANCELLED,
        AppointmentChanged,
        SiteVisitCompleted,
        WorkOrderCancelled,
    )
    from models.messages.synchronize import DERMS_ACKNOWLEDGED, SYNC_TURN, Acknowledged, SyncOutcome, SyncTurn
    from models.messages.unenroll import (
        ApprovalDecided,
        CancelUnenrollment,
        DayChanged,
        DecideApproval,
        DeviceKept,
        DeviceReceived,
        Leaving,
        ParkUnenrollment,
        SettleUnenrollment,
        UnenrollInput,
        UnenrollResult,
    )
    from models.task_states import UnenrollmentState
    from workflows import policies
    from workflows.cancellation import Cancellation, unless_over
    from workflows.parking import STAGE, Parking, mark, reason_of
    from workflows.removals import Removals
    from workflows.signals import Signals, hears, read_start
    from workflows.synchronize import Synchronize

_U = UnenrollmentState
_ATTENTION_STAYS = "who-needs-attention-is-not-hidden-by-others-who-wait"
_EARLY_NEWS_COUNTS = "a-day-changed-before-the-wait-counts"
_OF_THE_DERMS = "syn_"
"""What the message of a person who repaired a sync request begins with; it is about nothing else of the flow."""


@workflow.defn(name=messages.WORKFLOW)
class Unenroll:
    """Validate, have it approved, wait for the day, let devices go or fetch them, tell the DERMS as they leave."""

    @workflow.init
    def __init__(self, message: Any) -> None:
        self._request = request = read_start(UnenrollInput, message)
        self.signals = Signals()
        self._leaving: Leaving | None = None
        self._to_tell: list[str] = []
        self._stage = Stage.UNENROLLING
        self._cancel: CancelRequested | None = None
        self._approval: ApprovalDecided | None = None
        self._day_changed = False
        self._told: dict[str, SyncOutcome] = {}
        self._parking = Parking()
        self._sync_parking = Parking(beside=self._parking)
        timeout = timedelta(seconds=request.acknowledgement_timeout_seconds)
        self._synchronize = Synchronize(self._sync_parking, timeout)
        self._removals = Removals(request.unenrollment_id, self._parking, self._changed)
        self._cancellation = Cancellation(request=self._take_back, interrupts=lambda: self._synchronize.running)

    @workflow.run
    async def run(self, message: Any) -> UnenrollResult:
        """Ends when it is rejected or taken back; else when no device is left to fetch and the DERMS knows or never
        will."""
        return await self._cancellation.carry_through(self._unenroll())

    async def _unenroll(self) -> UnenrollResult:
        leaving = await self._validate()
        leaving = await self._be_approved(leaving)
        leaving = await self._wait_for_the_day(leaving)
        leaving = await self._see_through(leaving)
        return await self._end(leaving)

    async def _validate(self) -> Leaving:
        workflow.set_current_details("Checking whether the request can stand.")
        return await self._step(
            lambda: workflow.start_local_activity_method(
                UnenrollmentActivities.validate_unenrollment,
                self._request,
                summary="check every rule",
                **policies.OWN_DATABASE,
            )
        )

    async def _be_approved(self, leaving: Leaving) -> Leaving:
        while leaving.state is _U.AWAITING_APPROVAL:
            self._show(Stage.AWAITING_APPROVAL, "Waiting for a program manager's approval.")
            await self._wait(lambda: self._approval is not None)
            decided, self._approval = self._approval, None
            leaving = await (self._withdraw(leaving) if decided is None else self._decide(decided))
        return leaving

    async def _decide(self, decided: ApprovalDecided) -> Leaving:
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

    async def _wait_for_the_day(self, leaving: Leaving) -> Leaving:
        while leaving.state is _U.SCHEDULED:
            day = workflow.now() + timedelta(seconds=leaving.seconds_until_effective)
            self._show(Stage.SCHEDULED, f"Waiting for the day: {day:%Y-%m-%d %H:%M} UTC.")
            if self._day_changed and not workflow.patched(_EARLY_NEWS_COUNTS):
                self._day_changed = False
            await self._wait(lambda: self._day_changed, timedelta(seconds=leaving.seconds_until_effective))
            self._day_changed = False
            leaving = await (self._begin() if self._cancel is None else self._withdraw(leaving))
        return leaving

    async def _begin(self) -> Leaving:
        return await self._step(
            lambda: workflow.start_local_activity_method(
                UnenrollmentActivities.begin_unenrollment, self._request, summary="begin", **policies.OWN_DATABASE
            )
        )

    async def _see_through(self, leaving: Leaving) -> Leaving:
        """Until every device has left and the DERMS was told of each; devices that wait hold up nobody else."""
        self._changed(leaving)
        while leaving.state is not _U.CANCELLED:
            self._removals.take_up(leaving.removals, leaving)
            untold = next((one for one in self._to_tell if one not in self._told), None)
            if untold is not None:
                self._told[untold] = await self._synchronize.run(untold)
            elif not self._removals.over:
                leaving = await self._wait_for_devices(leaving)
            else:
                return leaving
        await self._removals.stop()
        return leaving

    async def _wait_for_devices(self, leaving: Leaving) -> Leaving:
        details = self._parking.asked or "Waiting for devices to be fetched or shipped back."
        # A device for which a person is asked already stays what people see first.
        hides = bool(self._parking.asked) and self._stage is not Stage.REMOVING
        if hides and workflow.patched(_ATTENTION_STAYS):
            workflow.set_current_details(details)
        else:
            self._show(Stage.REMOVING, details)
        self._leaving = None
        await self._wait(lambda: self._leaving is not None or self._removals.over)
        if self._cancel is not None:
            return await self._withdraw(leaving)
        return self._leaving or leaving

    def _changed(self, leaving: Leaving) -> None:
        """Where it stands after a step; two that end together may tell in either order, so nothing is forgotten."""
        self._leaving = leaving
        self._to_tell += [one for one in leaving.sync_requests if one not in self._to_tell]

    async def _wait(self, until: Callable[[], bool], timeout: timedelta | None = None) -> None:
        """Until then, or until somebody cancels; asked to stop in Temporal, that is as good as cancelling."""
        try:
            await workflow.wait_condition(
                lambda: self._cancel is not None or until(), timeout=timeout, timeout_summary="the day has come"
            )
        except asyncio.TimeoutError:  # noqa: UP041 - what the SDK documents
            return
        except asyncio.CancelledError:
            self._cancel = CancelRequested(reason="The flow was cancelled in Temporal.")

    async def _withdraw(self, leaving: Leaving) -> Leaving:
        """Takes the request back, unless a device has left already."""
        cancel, self._cancel = self._cancel, None
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

    async def _step(self, step: Callable[[], workflow.ActivityHandle[Leaving]], *, withdraws: bool = True) -> Leaving:
        """A step on our own record; while it fails the record says so, if it can be reached, and it is tried again.
        `withdraws`: one who cancels in Temporal meanwhile takes the request back instead."""

        def over() -> bool:
            return withdraws and self._cancellation.requested and self._cancel is not None

        while not over():
            try:
                done = await unless_over(step(), over)
                if done is not None:
                    return done
            except (asyncio.CancelledError, FailureError) as error:
                if isinstance(error, asyncio.CancelledError) or is_cancelled_exception(error):
                    self._cancel = CancelRequested(reason="The flow was cancelled in Temporal.")
                    continue
                why = f"A step on our own record failed: {reason_of(error)}"
            else:
                break
            await self._mark(why)
            await self._parking.wait(why, resume=Stage.UNENROLLING, until=over, again_after=policies.TRY_AGAIN_AFTER)
        return await self._withdraw(Leaving(state=_U.SUBMITTED))

    async def _mark(self, why: str) -> None:
        request = ParkUnenrollment(unenrollment_id=self._request.unenrollment_id, reason=why[:1000])
        try:
            await workflow.execute_local_activity_method(
                UnenrollmentActivities.park_unenrollment, request, summary="mark for attention", **policies.OWN_DATABASE
            )
        except FailureError as error:
            workflow.logger.warning("the record cannot be marked: %s", reason_of(error))

    async def _end(self, leaving: Leaving) -> UnenrollResult:
        synchronization = next(reversed(self._told.values()), None)
        if self._told:
            leaving = await self._settle()
        stage = {_U.REJECTED: Stage.REJECTED, _U.CANCELLED: Stage.CANCELLED}.get(leaving.state, Stage.SYNCHRONIZED)
        if synchronization is SyncOutcome.CANCELLED:
            stage = Stage.NOT_SYNCHRONIZED
        self._show(stage, f"Ended: {leaving.state.replace('_', ' ')}.")
        await self.signals.settle()
        if leaving.state is _U.CANCELLED:
            self._cancellation.end_as_canceled()
        return UnenrollResult(state=leaving.state, synchronization=synchronization, failed_rules=leaving.failed_rules)

    async def _settle(self) -> Leaving:
        request = SettleUnenrollment(unenrollment_id=self._request.unenrollment_id)
        return await self._step(
            lambda: workflow.start_local_activity_method(
                UnenrollmentActivities.settle_unenrollment, request, summary="settle", **policies.OWN_DATABASE
            ),
            withdraws=False,
        )

    def _take_back(self, cancel: CancelRequested) -> None:
        self._cancel = cancel

    def _show(self, stage: Stage, details: str) -> None:
        workflow.set_current_details(details)
        if stage is not self._stage:
            self._stage = stage
            mark(STAGE.value_set(stage))

    @hears(messages.APPROVAL_DECIDED, ApprovalDecided, "A program manager approved it, or did not.")
    def approval_decided(self, message: ApprovalDecided) -> None:
        """Wakes a flow that waits for it."""
        self._approval = message

    @hears(CANCEL_REQUESTED, CancelRequested, "Take the request back, if no device has left yet.")
    def cancel_requested(self, message: CancelRequested) -> None:
        """Remembered until the flow comes to a point where it waits."""
        self._take_back(message)

    @hears(messages.DAY_CHANGED, DayChanged, "It takes effect on another day.")
    def day_changed(self, message: DayChanged) -> None:
        """Wakes a flow that waits for its day."""
        self._day_changed = True

    @hears(messages.DEVICE_RECEIVED, DeviceReceived, "A shipped device came back.")
    def device_received(self, message: DeviceReceived) -> None:
        """Ends its removal."""
        self._removals.received(message.device_id)

    @hears(messages.DEVICE_KEPT, DeviceKept, "A person decided that a device stays where it is.")
    def device_kept(self, message: DeviceKept) -> None:
        """Ends its removal."""
        self._removals.kept(message.device_id)

    @hears(SITE_VISIT_COMPLETED, SiteVisitCompleted, "A technician reported.")
    def site_visit_completed(self, message: SiteVisitCompleted) -> None:
        """Wakes the removal that waits for it; kept if it comes early."""
        self._removals.completed(message)

    @hears(APPOINTMENT_CHANGED, AppointmentChanged, "An appointment was made or moved.")
    def appointment_changed(self, message: AppointmentChanged) -> None:
        """Reminders count anew."""
        self._removals.appointment_changed(message)

    @hears(WORK_ORDER_CANCELLED, WorkOrderCancelled, "A work order was called off.")
    def work_order_cancelled(self, message: WorkOrderCancelled) -> None:
        """A person decides what becomes of the device."""
        self._removals.called_off(message)

    @hears(RETRY_REQUESTED, RetryRequested, "A person acted on what needed attention.")
    def retry_requested(self, message: RetryRequested) -> None:
        """Wakes what is parked; a repaired sync request is no reason to fetch a device once more."""
        self._sync_parking.retry_requested(message)
        if not message.message_id.startswith(_OF_THE_DERMS):
            self._parking.retry_requested(message)
            self._removals.retry_requested(message)

    @hears(DERMS_ACKNOWLEDGED, Acknowledged, "The DERMS acknowledged a sync message.")
    def derms_acknowledged(self, message: Acknowledged) -> None:
        """Wakes a flow that waits for it; kept if it comes early."""
        self._synchronize.acknowledged(message)

    @hears(SYNC_TURN, SyncTurn, "What the sync request waited for has changed.")
    def sync_turn(self, message: SyncTurn) -> None:
        """It may be this flow's turn."""
        self._synchronize.turn_came(message)

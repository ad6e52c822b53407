"""The service-call flow: help with an enrolled device, until it works or another hangs in its place.

See docs/domain.md#service-call.
"""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.service_call import ServiceCallActivities
    from models.messages import service_call as messages
    from models.messages.head_end import HEAD_END_ANSWERED, HeadEndAnswered
    from models.messages.search_attributes import WorkflowStage
    from models.messages.service_call import (
        ActionChosen,
        CancelServiceCall,
        ParkServiceCall,
        RemoteActionEnded,
        ServiceCallInput,
        ServiceCallProgress,
        ServiceCallResult,
        VisitEnded,
    )
    from models.messages.signals import CANCEL_REQUESTED, RETRY_REQUESTED, CancelRequested, RetryRequested
    from models.messages.site_visit import (
        APPOINTMENT_CHANGED,
        SITE_VISIT_COMPLETED,
        WORK_ORDER_CANCELLED,
        AppointmentChanged,
        AwaitedVisit,
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
    from models.states.service_call import ServiceCallState
    from wording.service_call import service_call_waits_for_decision, service_call_waits_for_person
    from workflows import policies
    from workflows.cancellation import Cancellation
    from workflows.parking import STAGE, Parking, set_search_attributes
    from workflows.signals import SignalReader, handles_signal, parse_input
    from workflows.steps.head_end import HeadEndRequests
    from workflows.steps.site_visit import SiteVisit
    from workflows.steps.synchronize import Synchronize

_NO_VISIT_ONCE_CANCELED = "no-visit-once-the-call-is-taken-back"
_TROUBLESHOOTING_ENDED = frozenset({ServiceCallState.REPLACED, ServiceCallState.CLOSED, ServiceCallState.CANCELLED})


@workflow.defn(name=messages.WORKFLOW)
class ServiceCallWorkflow:
    """Take up, do what was chosen, wait for a technician if need be, tell the DERMS of a replacement, close."""

    @workflow.init
    def __init__(self, message: Any) -> None:
        self._request = request = parse_input(ServiceCallInput, message)
        self.signals = SignalReader()
        self._action_chosen = self._is_troubleshooting = False
        self._head_end_request_id: str | None = None
        self._cancel_request: CancelRequested | None = None
        self._canceled: ServiceCallProgress | None = None
        self._dispatched_order_ids: set[str] = set()
        self._parking = Parking()
        self._site_visit = SiteVisit(self._parking)
        self._questions = HeadEndRequests()
        timeout = timedelta(seconds=request.acknowledgement_timeout_seconds)
        self._synchronize = Synchronize(self._parking, timeout)
        self._cancellation = Cancellation(request=self._request_cancel, interrupts=self._handles_cancellation_itself)

    @workflow.run
    async def run(self, message: Any) -> ServiceCallResult:
        """Ends when the call is closed or taken back, and the DERMS knows what changed or never will."""
        return await self._cancellation.run_to_completion(self._handle_call())

    async def _handle_call(self) -> ServiceCallResult:
        called = await self._troubleshoot_or_cancel()
        self._is_troubleshooting = False
        outcome: SyncOutcome | None = None
        while called.state is ServiceCallState.REPLACED:
            if called.sync_request_id is not None:
                outcome = await self._synchronize.run(called.sync_request_id)
            called = await self._continue_after_sync()
        stage = WorkflowStage.CANCELLED if called.state is ServiceCallState.CANCELLED else WorkflowStage.CLOSED
        self._set_stage(stage, f"Ended: {called.state}.")
        await self.signals.wait_until_handled()
        if called.state is ServiceCallState.CANCELLED:
            self._cancellation.end_as_canceled()
        return ServiceCallResult(state=called.state, synchronization=outcome)

    async def _troubleshoot_or_cancel(self) -> ServiceCallProgress:
        """Until help was given; one who cancels the workflow in Temporal while it is stuck takes the call back, if that
        is still possible."""
        while True:
            self._is_troubleshooting = True
            try:
                return await self._troubleshoot()
            except (asyncio.CancelledError, FailureError) as error:
                self._is_troubleshooting = False
                if not is_cancelled_exception(error):
                    raise
                self._cancel_request = CancelRequested(reason="The flow was cancelled in Temporal.")
                called = await self._cancel_if_possible(self._cancel_request)
                if called.state is ServiceCallState.CANCELLED:
                    self._set_stage(WorkflowStage.CANCELLED, "Cancelled.")
                    raise

    def _handles_cancellation_itself(self) -> bool:
        """Whether a cancel in Temporal is taken where it lands: a step that our record does not take is left."""
        return self._synchronize.is_running or (self._parking.is_retrying_step and self._is_troubleshooting)

    async def _troubleshoot(self) -> ServiceCallProgress:
        called = await (
            self._advance() if self._cancel_request is None else self._cancel_if_possible(self._cancel_request)
        )
        while called.state not in _TROUBLESHOOTING_ENDED:
            if self._cancel_request is not None:
                called = await self._cancel_if_possible(self._cancel_request)
            elif called.state is ServiceCallState.NEEDS_ATTENTION:
                called = await self._await_person(called.why, WorkflowStage.TROUBLESHOOTING)
            elif called.visit is not None:
                called = await self._visit_site(called, called.visit)
            elif called.head_end_request_id is not None:
                called = await self._act_remotely(called.head_end_request_id)
            else:
                called = await self._await_decision(called)
        return called

    async def _await_decision(self, called: ServiceCallProgress) -> ServiceCallProgress:
        """Waits until somebody decides what shall be done."""
        workflow.set_current_details(service_call_waits_for_decision(called.why, self._request.service_call_id))
        await workflow.wait_condition(lambda: self._action_chosen or self._cancel_request is not None)
        return called if self._cancel_request is not None else await self._advance()

    async def _act_remotely(self, request_id: str) -> ServiceCallProgress:
        """The head-end acts on the device and says so; where it cannot be asked or says nothing, a person decides."""
        details = "Waiting for the head-end to say what became of the remote action."
        troubles = await self._questions.send_and_wait([request_id], details=details, until=self._is_over)
        if self._cancel_request is not None:
            return await self._cancel_if_possible(self._cancel_request)
        self._head_end_request_id = request_id
        ended = RemoteActionEnded(
            service_call_id=self._request.service_call_id,
            request_id=request_id,
            trouble=troubles.get(request_id, "")[:900],
        )
        return await self._parking.run_until_done(
            lambda: workflow.execute_local_activity_method(
                ServiceCallActivities.record_remote_action,
                ended,
                summary="what came of the remote action",
                **policies.OWN_DATABASE,
            ),
            resume=WorkflowStage.TROUBLESHOOTING,
        )

    async def _visit_site(self, called: ServiceCallProgress, visit: AwaitedVisit) -> ServiceCallProgress:
        """Until the visit has ended, and what came of it is written down."""
        if not called.visit_ended and not await self._await_visit_end(visit):
            return self._canceled or called
        ended = VisitEnded(service_call_id=self._request.service_call_id, work_order_id=visit.work_order_id)
        return await self._parking.run_until_done(
            lambda: workflow.execute_local_activity_method(
                ServiceCallActivities.record_visit,
                ended,
                summary="what came of the visit",
                **policies.OWN_DATABASE,
            ),
            resume=WorkflowStage.AWAITING_SITE_VISIT,
        )

    async def _await_visit_end(self, visit: AwaitedVisit) -> bool:
        """Whether the order has ended; not if the call is to be taken back meanwhile."""
        here = WorkflowStage.AWAITING_SITE_VISIT
        if visit.work_order_id in self._dispatched_order_ids:
            standing = await self._site_visit.get_status(visit, resume=here)
            standing = await self._site_visit.resume_waiting(
                visit, standing, resume=here, until=self._is_over, ask=self._request_decision
            )
        else:
            set_search_attributes(STAGE.value_set(here))
            self._dispatched_order_ids.add(visit.work_order_id)
            standing = await self._site_visit.run(visit, resume=here, until=self._is_over, ask=self._request_decision)
        return not (standing.waits or standing.attempts_used_up)

    def _is_over(self) -> bool:
        return self._cancel_request is not None or self._canceled is not None

    async def _request_decision(self, why: str) -> None:
        """A person decides on one more visit; a technician who goes there all the same and reports decides too."""
        called = await self._park(why, WorkflowStage.AWAITING_SITE_VISIT)
        # Workflows whose call was taken back here before this was so have asked for one more visit.
        if called.state is ServiceCallState.CANCELLED and workflow.patched(_NO_VISIT_ONCE_CANCELED):
            self._canceled = called

    async def _park(self, why: str, resume: WorkflowStage) -> ServiceCallProgress:
        """Marks the record, unless it is away, and waits for a person."""
        request = ParkServiceCall(service_call_id=self._request.service_call_id, reason=why[:1000])
        try:
            marked = await workflow.execute_local_activity_method(
                ServiceCallActivities.park_service_call, request, summary="mark for attention", **policies.OWN_DATABASE
            )
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
        else:
            if marked.state is not ServiceCallState.NEEDS_ATTENTION:
                return marked
        return await self._await_person(why, resume)

    async def _await_person(self, why: str, resume: WorkflowStage) -> ServiceCallProgress:
        """Waits until a person retries, chooses something else or takes the call back, or the head-end answers or a
        technician reports after all; goes on where it was."""
        await self._parking.wait_for_person(
            service_call_waits_for_person(why, self._request.service_call_id),
            resume=resume,
            until=lambda: (
                self._action_chosen
                or self._is_over()
                or self._questions.is_answered(self._head_end_request_id)
                or self._site_visit.has_late_report
            ),
        )
        return (
            await self._advance()
            if self._cancel_request is None
            else await self._cancel_if_possible(self._cancel_request)
        )

    async def _advance(self) -> ServiceCallProgress:
        self._action_chosen, self._head_end_request_id = False, None
        return await self._parking.run_until_done(
            lambda: workflow.execute_local_activity_method(
                ServiceCallActivities.advance_service_call, self._request, summary="take up", **policies.OWN_DATABASE
            ),
            resume=WorkflowStage.TROUBLESHOOTING,
        )

    async def _cancel_if_possible(self, cancel: CancelRequested) -> ServiceCallProgress:
        """Takes the call back in our record, if that is still possible; gives where it stands."""
        request = CancelServiceCall(
            service_call_id=self._request.service_call_id, reason=cancel.reason, actor=cancel.actor
        )
        called = await self._parking.run_until_done(
            lambda: workflow.execute_local_activity_method(
                ServiceCallActivities.cancel_service_call, request, summary="cancel", **policies.OWN_DATABASE
            ),
            resume=WorkflowStage.TROUBLESHOOTING,
        )
        self._cancel_request = None
        return called

    async def _continue_after_sync(self) -> ServiceCallProgress:
        return await self._parking.run_until_done(
            lambda: workflow.execute_local_activity_method(
                ServiceCallActivities.continue_after_sync,
                self._request,
                summary="tell or close",
                **policies.OWN_DATABASE,
            ),
            resume=WorkflowStage.SYNCHRONIZING,
        )

    def _request_cancel(self, cancel: CancelRequested) -> None:
        self._cancel_request = cancel

    def _set_stage(self, stage: WorkflowStage, details: str) -> None:
        workflow.set_current_details(details)
        set_search_attributes(STAGE.value_set(stage))

    @handles_signal(messages.ACTION_CHOSEN, ActionChosen, "Somebody decided what shall be done.")
    def action_chosen(self, message: ActionChosen) -> None:
        """Wakes a flow that waits for a decision."""
        self._action_chosen = True

    @handles_signal(CANCEL_REQUESTED, CancelRequested, "Take the call back, unless a technician is on site.")
    def cancel_requested(self, message: CancelRequested) -> None:
        """Remembered until the flow comes to a point where it waits."""
        self._request_cancel(message)

    @handles_signal(RETRY_REQUESTED, RetryRequested, "A person acted on what needed attention.")
    def retry_requested(self, message: RetryRequested) -> None:
        """Wakes a parked flow."""
        self._parking.retry_requested(message)

    @handles_signal(SITE_VISIT_COMPLETED, SiteVisitCompleted, "A technician reported of a site visit.")
    def site_visit_completed(self, message: SiteVisitCompleted) -> None:
        """Wakes a flow that waits for it; kept if it comes early."""
        self._site_visit.record_completion(message)

    @handles_signal(APPOINTMENT_CHANGED, AppointmentChanged, "An appointment for a site visit was made or moved.")
    def appointment_changed(self, message: AppointmentChanged) -> None:
        """Reminders count from it."""
        self._site_visit.record_appointment(message)

    @handles_signal(WORK_ORDER_CANCELLED, WorkOrderCancelled, "The work order was called off.")
    def work_order_cancelled(self, message: WorkOrderCancelled) -> None:
        """Wakes a flow that waits for its visit."""
        self._site_visit.record_cancellation(message)

    @handles_signal(HEAD_END_ANSWERED, HeadEndAnswered, "A head-end answered what was asked of the device.")
    def head_end_answered(self, message: HeadEndAnswered) -> None:
        """Wakes a flow that waits for it; kept if it comes early or late."""
        self._questions.record_answer(message)

    @handles_signal(DERMS_ACKNOWLEDGED, DermsAcknowledgement, "The DERMS acknowledged a sync message.")
    def derms_acknowledged(self, message: DermsAcknowledgement) -> None:
        """Wakes a flow that waits for it; kept if it comes early."""
        self._synchronize.record_acknowledgement(message)

    @handles_signal(SYNC_TURN, SyncTurn, "What the sync request waited for has changed.")
    def sync_turn(self, message: SyncTurn) -> None:
        """Wakes a flow whose message waits for its turn, or was discarded."""
        self._synchronize.record_turn(message)

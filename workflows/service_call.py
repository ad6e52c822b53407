"""The service call workflow: help with an enrolled device, until it works or is replaced.

See docs/domain.md#service-call.
"""

import asyncio
from typing import Any

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.service_call import ServiceCallActivities
    from models.messages import service_call as messages
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
    from models.messages.signals import CancelRequested
    from models.messages.site_visit import AwaitedVisit
    from models.messages.synchronization import SyncOutcome
    from models.states.service_call import ServiceCallState
    from wording.service_call import service_call_waits_for_decision, service_call_waits_for_person
    from workflows.cancellation import Cancellation
    from workflows.intake import TakesAcknowledgements, TakesCancel, TakesHeadEndAnswers, TakesRetry, TakesSiteVisits
    from workflows.parking import STAGE, Parking, set_search_attributes, show_stage
    from workflows.record import Record
    from workflows.signals import SignalReader, handles_signal, parse_input
    from workflows.steps.head_end import HeadEndRequests
    from workflows.steps.site_visit import SiteVisit
    from workflows.steps.synchronize import Synchronize

_NO_VISIT_ONCE_CANCELED = "no-visit-once-the-call-is-taken-back"
_TROUBLESHOOTING_ENDED = frozenset({ServiceCallState.REPLACED, ServiceCallState.CLOSED, ServiceCallState.CANCELLED})


@workflow.defn(name=messages.WORKFLOW)
class ServiceCallWorkflow(TakesCancel, TakesRetry, TakesSiteVisits, TakesHeadEndAnswers, TakesAcknowledgements):
    """Does what was chosen, sends a technician if need be, notifies the DERMS of a replacement, closes the call."""

    @workflow.init
    def __init__(self, message: Any) -> None:
        self._request = request = parse_input(ServiceCallInput, message)
        self.signals = SignalReader()
        self._action_chosen = self._is_troubleshooting = False
        self._head_end_request_id: str | None = None
        self._canceled: ServiceCallProgress | None = None
        self._dispatched_order_ids: set[str] = set()
        self._cancellation = Cancellation(interrupts=self._takes_interruption)
        self._parking = Parking()
        self._record = Record(self._parking)
        self._site_visit = self._site_visits = SiteVisit(self._record)
        self._head_end = HeadEndRequests()
        self._synchronize = Synchronize(self._record, request.acknowledgement_timeout_seconds)

    @workflow.run
    async def run(self, message: Any) -> ServiceCallResult:
        """Ends when the call is closed or canceled, and the sync requests of a replacement are final."""
        return await self._cancellation.run_to_completion(self._handle_call())

    async def _handle_call(self) -> ServiceCallResult:
        progress = await self._troubleshoot()
        outcome: SyncOutcome | None = None
        while progress.state is ServiceCallState.REPLACED:
            if progress.sync_request_id is not None:
                outcome = await self._synchronize.run(progress.sync_request_id)
            progress = await self._continue_after_sync()
        return await self._end(progress, outcome)

    async def _troubleshoot(self) -> ServiceCallProgress:
        """Goes on until the customer is helped. When somebody cancels the workflow in Temporal while a step is retried,
        the call is canceled, if that is still possible."""
        while True:
            self._is_troubleshooting = True
            try:
                return await self._help_customer()
            except (asyncio.CancelledError, FailureError) as error:
                self._is_troubleshooting = False
                if not is_cancelled_exception(error):
                    raise
                progress = await self._cancel(self._cancellation.request_because_interrupted())
                if progress.state is ServiceCallState.CANCELLED:
                    show_stage(WorkflowStage.CANCELLED, "Cancelled.")
                    raise
            finally:
                self._is_troubleshooting = False

    def _takes_interruption(self) -> bool:
        """Returns whether a cancel in Temporal interrupts the current step: it synchronizes, or it cannot succeed."""
        return self._synchronize.is_running or (self._record.is_retrying and self._is_troubleshooting)

    async def _help_customer(self) -> ServiceCallProgress:
        progress = await self._advance_or_cancel()
        while progress.state not in _TROUBLESHOOTING_ENDED:
            if self._cancellation.pending is not None:
                progress = await self._cancel(self._cancellation.pending)
            elif progress.state is ServiceCallState.NEEDS_ATTENTION:
                progress = await self._await_person(progress.why)
            elif progress.visit is not None:
                progress = await self._visit_site(progress, progress.visit)
            elif progress.head_end_request_id is not None:
                progress = await self._act_remotely(progress.head_end_request_id)
            else:
                progress = await self._await_decision(progress)
        return progress

    async def _await_decision(self, progress: ServiceCallProgress) -> ServiceCallProgress:
        """Waits until somebody chooses an action."""
        workflow.set_current_details(service_call_waits_for_decision(progress.why, self._request.service_call_id))
        await workflow.wait_condition(lambda: self._action_chosen or self._cancellation.pending is not None)
        return await self._advance_or_cancel()

    async def _act_remotely(self, request_id: str) -> ServiceCallProgress:
        """Has the head-end act on the device. If the head-end cannot be asked or does not answer, a person decides."""
        failures = await self._head_end.send_and_wait(
            [request_id],
            details="Waiting for the head-end to say what became of the remote action.",
            until=self._is_visit_obsolete,
        )
        if self._cancellation.pending is not None:
            return await self._cancel(self._cancellation.pending)
        self._head_end_request_id = request_id
        return await self._record.run_step(
            ServiceCallActivities.record_remote_action,
            RemoteActionEnded(
                service_call_id=self._request.service_call_id,
                request_id=request_id,
                trouble=failures.get(request_id, "")[:900],
            ),
            summary="what came of the remote action",
            resume=WorkflowStage.TROUBLESHOOTING,
        )

    async def _visit_site(self, progress: ServiceCallProgress, visit: AwaitedVisit) -> ServiceCallProgress:
        """Waits until the visit has ended, and records its result."""
        if not progress.visit_ended and not await self._is_visit_ended(visit):
            return self._canceled or progress
        return await self._record.run_step(
            ServiceCallActivities.record_visit,
            VisitEnded(service_call_id=self._request.service_call_id, work_order_id=visit.work_order_id),
            summary="what came of the visit",
            resume=WorkflowStage.AWAITING_SITE_VISIT,
        )

    async def _is_visit_ended(self, visit: AwaitedVisit) -> bool:
        """Waits for the visit, and returns whether its order has ended; it has not if the call is to be canceled."""
        if visit.work_order_id in self._dispatched_order_ids:
            status = await self._site_visit.get_status(visit)
            status = await self._site_visit.resume_waiting(
                visit, status, until=self._is_visit_obsolete, ask=self._ask_about_another_visit
            )
        else:
            set_search_attributes(STAGE.value_set(WorkflowStage.AWAITING_SITE_VISIT))
            self._dispatched_order_ids.add(visit.work_order_id)
            status = await self._site_visit.run(visit, until=self._is_visit_obsolete, ask=self._ask_about_another_visit)
        return not (status.waits or status.attempts_used_up)

    def _is_visit_obsolete(self) -> bool:
        return self._cancellation.pending is not None or self._canceled is not None

    async def _ask_about_another_visit(self, why: str) -> None:
        """A person decides about one more visit, unless a technician goes there anyway and reports."""
        moved_on = await self._record.mark_and_wait(
            ServiceCallActivities.park_service_call,
            ParkServiceCall(service_call_id=self._request.service_call_id, reason=why[:1000]),
            service_call_waits_for_person(why, self._request.service_call_id),
            resume=WorkflowStage.AWAITING_SITE_VISIT,
            until=self._is_acted_on,
        )
        progress = moved_on or await self._advance_or_cancel()
        # Earlier releases asked for one more visit even so, and their histories have to replay.
        if progress.state is ServiceCallState.CANCELLED and workflow.patched(_NO_VISIT_ONCE_CANCELED):
            self._canceled = progress

    async def _await_person(self, why: str) -> ServiceCallProgress:
        """Waits for a person; the record says already that the call needs one."""
        await self._parking.wait_for_person(
            service_call_waits_for_person(why, self._request.service_call_id),
            resume=WorkflowStage.TROUBLESHOOTING,
            until=self._is_acted_on,
        )
        return await self._advance_or_cancel()

    def _is_acted_on(self) -> bool:
        """Returns whether a person chose an action or canceled the call, the head-end answered after all, or a
        technician reported after all."""
        return (
            self._action_chosen
            or self._is_visit_obsolete()
            or self._head_end.is_answered(self._head_end_request_id)
            or self._site_visit.has_late_report
        )

    async def _advance_or_cancel(self) -> ServiceCallProgress:
        cancel = self._cancellation.pending
        return await (self._advance() if cancel is None else self._cancel(cancel))

    async def _advance(self) -> ServiceCallProgress:
        self._action_chosen, self._head_end_request_id = False, None
        return await self._record.run_step(
            ServiceCallActivities.advance_service_call,
            self._request,
            summary="take up",
            resume=WorkflowStage.TROUBLESHOOTING,
        )

    async def _cancel(self, cancel: CancelRequested) -> ServiceCallProgress:
        """Cancels the call, if that is still possible, and returns where it stands."""
        progress = await self._record.run_step(
            ServiceCallActivities.cancel_service_call,
            CancelServiceCall(service_call_id=self._request.service_call_id, reason=cancel.reason, actor=cancel.actor),
            summary="cancel",
            resume=WorkflowStage.TROUBLESHOOTING,
        )
        self._cancellation.take()
        return progress

    async def _continue_after_sync(self) -> ServiceCallProgress:
        """Closes the call, or returns the next sync request: of a replacement there may be two."""
        return await self._record.run_step(
            ServiceCallActivities.continue_after_sync,
            self._request,
            summary="synchronize or close",
            resume=WorkflowStage.SYNCHRONIZING,
        )

    async def _end(self, progress: ServiceCallProgress, outcome: SyncOutcome | None) -> ServiceCallResult:
        is_canceled = progress.state is ServiceCallState.CANCELLED
        show_stage(WorkflowStage.CANCELLED if is_canceled else WorkflowStage.CLOSED, f"Ended: {progress.state}.")
        await self.signals.wait_until_handled()
        if is_canceled:
            self._cancellation.end_as_canceled()
        return ServiceCallResult(state=progress.state, synchronization=outcome)

    @handles_signal(messages.ACTION_CHOSEN, ActionChosen, "Somebody chose an action.")
    def action_chosen(self, message: ActionChosen) -> None:
        """Wakes a workflow that waits for a decision."""
        self._action_chosen = True

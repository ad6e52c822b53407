"""The workflow that synchronizes one sync request and does nothing else: for a change whose own workflow has ended."""

from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from models.messages import sync_request_workflow as messages
    from models.messages.search_attributes import WorkflowStage
    from models.messages.sync_request_workflow import SyncRequestWorkflowInput, SyncRequestWorkflowResult
    from models.messages.synchronization import SyncOutcome
    from workflows.cancellation import Cancellation
    from workflows.intake import TakesAcknowledgements, TakesRetry
    from workflows.parking import Parking, show_stage
    from workflows.record import Record
    from workflows.signals import SignalReader, parse_input
    from workflows.steps.synchronize import Synchronize


@workflow.defn(name=messages.WORKFLOW)
class SyncRequestWorkflow(TakesRetry, TakesAcknowledgements):
    """Synchronizes a change in the same way as every other workflow."""

    @workflow.init
    def __init__(self, message: Any) -> None:
        self._request = request = parse_input(SyncRequestWorkflowInput, message)
        self.signals = SignalReader()
        self._cancellation = Cancellation(interrupts=lambda: self._synchronize.is_running)
        self._parking = Parking()
        self._synchronize = Synchronize(Record(self._parking), request.acknowledgement_timeout_seconds)

    @workflow.run
    async def run(self, message: Any) -> SyncRequestWorkflowResult:
        """Ends when the sync request is final."""
        return await self._cancellation.run_to_completion(self._synchronize_request())

    async def _synchronize_request(self) -> SyncRequestWorkflowResult:
        outcome = await self._synchronize.run(self._request.sync_request_id)
        is_canceled = outcome is SyncOutcome.CANCELLED
        show_stage(WorkflowStage.NOT_SYNCHRONIZED if is_canceled else WorkflowStage.SYNCHRONIZED, f"Ended: {outcome}.")
        await self.signals.wait_until_handled()
        return SyncRequestWorkflowResult(outcome=outcome)

"""The flow that tells the DERMS of one sync request and does nothing else: for a change whose own flow is no more."""

from datetime import timedelta
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from models.messages import sync_request_workflow as messages
    from models.messages.search_attributes import WorkflowStage
    from models.messages.signals import RETRY_REQUESTED, RetryRequested
    from models.messages.sync_request_workflow import SyncRequestWorkflowInput, SyncRequestWorkflowResult
    from models.messages.synchronization import (
        DERMS_ACKNOWLEDGED,
        SYNC_TURN,
        DermsAcknowledgement,
        SyncOutcome,
        SyncTurn,
    )
    from workflows.cancellation import Cancellation
    from workflows.parking import STAGE, Parking, set_search_attributes
    from workflows.signals import SignalReader, handles_signal, parse_input
    from workflows.steps.synchronize import Synchronize


@workflow.defn(name=messages.WORKFLOW)
class SyncRequestWorkflow:
    """Telling the DERMS, as every flow does it."""

    @workflow.init
    def __init__(self, message: Any) -> None:
        self._request = request = parse_input(SyncRequestWorkflowInput, message)
        self.signals = SignalReader()
        self._parking = Parking()
        timeout = timedelta(seconds=request.acknowledgement_timeout_seconds)
        self._synchronize = Synchronize(self._parking, timeout)
        self._cancellation = Cancellation(request=lambda _: None, interrupts=lambda: self._synchronize.is_running)

    @workflow.run
    async def run(self, message: Any) -> SyncRequestWorkflowResult:
        """Ends when the sync request is final."""
        return await self._cancellation.run_to_completion(self._synchronize_request())

    async def _synchronize_request(self) -> SyncRequestWorkflowResult:
        outcome = await self._synchronize.run(self._request.sync_request_id)
        stage = WorkflowStage.NOT_SYNCHRONIZED if outcome is SyncOutcome.CANCELLED else WorkflowStage.SYNCHRONIZED
        workflow.set_current_details(f"Ended: {outcome}.")
        set_search_attributes(STAGE.value_set(stage))
        await self.signals.wait_until_handled()
        return SyncRequestWorkflowResult(outcome=outcome)

    @handles_signal(RETRY_REQUESTED, RetryRequested, "A person acted on what needed attention.")
    def retry_requested(self, message: RetryRequested) -> None:
        """Wakes a parked flow."""
        self._parking.retry_requested(message)

    @handles_signal(DERMS_ACKNOWLEDGED, DermsAcknowledgement, "The DERMS acknowledged a sync message.")
    def derms_acknowledged(self, message: DermsAcknowledgement) -> None:
        """Wakes a flow that waits for it; kept if it comes early."""
        self._synchronize.record_acknowledgement(message)

    @handles_signal(SYNC_TURN, SyncTurn, "What the sync request waited for has changed.")
    def sync_turn(self, message: SyncTurn) -> None:
        """Wakes a flow whose message waits for its turn."""
        self._synchronize.record_turn(message)

"""The flow that tells the DERMS of one sync request and does nothing else: for a change whose own flow is no more."""

from datetime import timedelta

from pydantic import ValidationError
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from models.messages import hand_over as messages
    from models.messages.enroll import RETRY_REQUESTED, RetryRequested, Stage
    from models.messages.hand_over import HandOverInput, HandOverResult
    from models.messages.synchronize import DERMS_ACKNOWLEDGED, SYNC_TURN, Acknowledged, SyncOutcome, SyncTurn
    from workflows.parking import STAGE, Parking, mark
    from workflows.synchronize import Synchronize


@workflow.defn(name=messages.WORKFLOW, failure_exception_types=[ValidationError])
class HandOver:
    """Telling the DERMS, as every flow does it."""

    @workflow.init
    def __init__(self, request: HandOverInput) -> None:
        self._parking = Parking()
        timeout = timedelta(seconds=request.acknowledgement_timeout_seconds)
        self._synchronize = Synchronize(self._parking, timeout)

    @workflow.run
    async def run(self, request: HandOverInput) -> HandOverResult:
        """Ends when the sync request is final."""
        outcome = await self._synchronize.run(request.sync_request_id)
        stage = Stage.NOT_SYNCHRONIZED if outcome is SyncOutcome.CANCELLED else Stage.SYNCHRONIZED
        workflow.set_current_details(f"Ended: {outcome}.")
        mark(STAGE.value_set(stage))
        await workflow.wait_condition(workflow.all_handlers_finished)
        return HandOverResult(outcome=outcome)

    @workflow.signal(name=RETRY_REQUESTED, description="A person acted on what needed attention.")
    def retry_requested(self, message: RetryRequested) -> None:
        """Wakes a parked flow."""
        self._parking.retry_requested(message)

    @workflow.signal(name=DERMS_ACKNOWLEDGED, description="The DERMS acknowledged a sync message.")
    def derms_acknowledged(self, message: Acknowledged) -> None:
        """Wakes a flow that waits for it; kept if it comes early."""
        self._synchronize.acknowledged(message)

    @workflow.signal(name=SYNC_TURN, description="What the sync request waited for has changed.")
    def sync_turn(self, message: SyncTurn) -> None:
        """Wakes a flow whose message waits for its turn."""
        self._synchronize.turn_came(message)

"""The flow that tells the DERMS of one sync request and does nothing else: for a change whose own flow is no more."""

from datetime import timedelta
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from models.messages import hand_over as messages
    from models.messages.enroll import RETRY_REQUESTED, RetryRequested, Stage
    from models.messages.hand_over import HandOverInput, HandOverResult
    from models.messages.synchronize import DERMS_ACKNOWLEDGED, SYNC_TURN, Acknowledged, SyncOutcome, SyncTurn
    from workflows.cancellation import Cancellation
    from workflows.parking import STAGE, Parking, mark
    from workflows.signals import Signals, hears, read_start
    from workflows.synchronize import Synchronize


@workflow.defn(name=messages.WORKFLOW)
class HandOver:
    """Telling the DERMS, as every flow does it."""

    @workflow.init
    def __init__(self, message: Any) -> None:
        self._request = request = read_start(HandOverInput, message)
        self.signals = Signals()
        self._parking = Parking()
        timeout = timedelta(seconds=request.acknowledgement_timeout_seconds)
        self._synchronize = Synchronize(self._parking, timeout)
        self._cancellation = Cancellation(request=lambda _: None, interrupts=lambda: self._synchronize.running)

    @workflow.run
    async def run(self, message: Any) -> HandOverResult:
        """Ends when the sync request is final."""
        return await self._cancellation.carry_through(self._hand_over())

    async def _hand_over(self) -> HandOverResult:
        outcome = await self._synchronize.run(self._request.sync_request_id)
        stage = Stage.NOT_SYNCHRONIZED if outcome is SyncOutcome.CANCELLED else Stage.SYNCHRONIZED
        workflow.set_current_details(f"Ended: {outcome}.")
        mark(STAGE.value_set(stage))
        await self.signals.settle()
        return HandOverResult(outcome=outcome)

    @hears(RETRY_REQUESTED, RetryRequested, "A person acted on what needed attention.")
    def retry_requested(self, message: RetryRequested) -> None:
        """Wakes a parked flow."""
        self._parking.retry_requested(message)

    @hears(DERMS_ACKNOWLEDGED, Acknowledged, "The DERMS acknowledged a sync message.")
    def derms_acknowledged(self, message: Acknowledged) -> None:
        """Wakes a flow that waits for it; kept if it comes early."""
        self._synchronize.acknowledged(message)

    @hears(SYNC_TURN, SyncTurn, "What the sync request waited for has changed.")
    def sync_turn(self, message: SyncTurn) -> None:
        """Wakes a flow whose message waits for its turn."""
        self._synchronize.turn_came(message)

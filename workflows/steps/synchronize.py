"""Synchronizing one change with the DERMS, until the DERMS knows it or a person gives it up.

See docs/domain.md#synchronize.
"""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.synchronize import SynchronizeActivities
    from models.messages.search_attributes import WorkflowStage
    from models.messages.synchronization import (
        DermsAcknowledgement,
        DermsMessageStatus,
        QueryDermsMessage,
        RecordAcknowledgement,
        RecordSendFailure,
        SendFailure,
        SendResult,
        SendToDerms,
        SyncOutcome,
        SyncRequestStatus,
        SyncTurn,
    )
    from models.states.sync_request import SyncState
    from wording.sync_request import sync_request_waits_for_person
    from workflows import policies
    from workflows.cancellation import abandon
    from workflows.deduplication import MessageDeduplicator
    from workflows.record import Record

_OUTCOME_BY_STATE = {
    SyncState.SYNCHRONIZED: SyncOutcome.SYNCHRONIZED,
    SyncState.CANCELLED: SyncOutcome.CANCELLED,
    SyncState.DISCARDED: SyncOutcome.DISCARDED,
}

_EARLY_STATUS_REQUEST_COUNTS = "a-question-wished-for-before-the-wait-is-asked"
_SENDS_AGAIN_AFTER_OTHER_ACKNOWLEDGEMENT = "looks-again-after-an-answer-to-another-message"


class Synchronize:
    """Sends the message of a sync request, waits for the acknowledgement, asks for it, sends again, and parks.

    A workflow may synchronize several changes, one after the other.
    """

    def __init__(self, record: Record, acknowledgement_timeout_seconds: float) -> None:
        self._record = record
        self._timeout = timedelta(seconds=acknowledgement_timeout_seconds)
        self._received = MessageDeduplicator()
        self._unprocessed: list[DermsAcknowledgement] = []
        self._sync_request_id = ""
        self._turn_changed = False
        self._sent_by_batch = False
        self._status_requested = False
        self._queue_check_interval = policies.QUEUE_CHECK_INTERVAL
        self.is_running = False
        """Whether a change is being synchronized. A cancel in Temporal interrupts that, and a person decides."""

    def record_acknowledgement(self, acknowledgement: DermsAcknowledgement) -> None:
        """Notes an acknowledgement. A repeated one counts once; one may come before the send has returned."""
        if self._received.is_new(acknowledgement.message_id):
            self._unprocessed.append(acknowledgement)

    def record_turn(self, message: SyncTurn) -> None:
        """Notes that what the request waited for has changed: it may be its turn, or a batch has sent it, or somebody
        wants the DERMS asked about it now."""
        self._turn_changed = True
        if message.sync_request_id == self._sync_request_id:
            self._sent_by_batch = self._sent_by_batch or message.handed_over
            self._status_requested = self._status_requested or message.ask

    async def run(self, sync_request_id: str) -> SyncOutcome:
        """Returns how the sync request ended. A request in error waits for a person; if the DERMS was unreachable, the
        workflow also tries again by itself."""
        self.is_running = True
        try:
            return await self._run(sync_request_id)
        finally:
            self.is_running = False

    async def _run(self, sync_request_id: str) -> SyncOutcome:
        self._sync_request_id, self._queue_check_interval = sync_request_id, policies.QUEUE_CHECK_INTERVAL
        status = SyncRequestStatus(state=SyncState.PENDING)
        failure: asyncio.CancelledError | FailureError | None = None
        while status.state not in _OUTCOME_BY_STATE:
            try:
                if failure is not None:
                    status, failure = await self._store_failure(sync_request_id, failure), None
                elif status.state is SyncState.ERROR:
                    status = await self._park(sync_request_id, status)
                else:
                    status = await self._send(sync_request_id)
            except (asyncio.CancelledError, FailureError) as error:
                failure = error
        return _OUTCOME_BY_STATE[status.state]

    async def _send(self, sync_request_id: str) -> SyncRequestStatus:
        """Sends the message, then processes acknowledgements until the request is final or in error."""
        workflow.set_current_details("Sending the message to the DERMS.")
        self._turn_changed = self._sent_by_batch = False
        sending = workflow.start_activity_method(
            SynchronizeActivities.send_to_derms,
            SendToDerms(sync_request_id=sync_request_id),
            summary=f"send {sync_request_id}",
            **policies.DERMS_SEND,
        )
        try:
            status = await self._acknowledged_while_sending(sending)
        except (asyncio.CancelledError, FailureError):
            abandon(sending)
            raise
        if status is not None:
            abandon(sending)
            return status
        sent = await sending
        if sent.acknowledgement is not None:
            return await self._store_acknowledgement(sent.acknowledgement)
        if sent.state is SyncState.PENDING:
            return await self._wait_for_turn(sent)
        if sent.state is not SyncState.AWAITING_ACKNOWLEDGEMENT:
            return SyncRequestStatus(state=sent.state, code=sent.code, text=sent.text)
        return await self._await_acknowledgement(sync_request_id)

    async def _acknowledged_while_sending(
        self, sending: workflow.ActivityHandle[SendResult]
    ) -> SyncRequestStatus | None:
        """Waits until the send has returned, or an acknowledgement that comes before that settles the request."""
        while True:
            await workflow.wait_condition(lambda: sending.done() or bool(self._unprocessed))
            if sending.done():
                return None
            status = await self._process_next()
            if status is not None and _is_settled(status):
                return status

    async def _wait_for_turn(self, sent: SendResult) -> SyncRequestStatus:
        """Waits until it may be the request's turn; then the workflow tries to send it again."""
        workflow.set_current_details(f"Waiting for {sent.waits_for or 'its turn'}.")
        try:
            await workflow.wait_condition(
                lambda: self._turn_changed or bool(self._unprocessed),
                timeout=self._queue_check_interval,
                timeout_summary="look whether it is its turn",
            )
        except asyncio.TimeoutError:  # noqa: UP041 - what the SDK documents
            self._queue_check_interval = min(self._queue_check_interval * 2, policies.MAX_QUEUE_CHECK_INTERVAL)
        if self._sent_by_batch:
            return await self._await_acknowledgement(self._sync_request_id)
        if self._unprocessed:
            status = await self._process_next()
            if status is not None and _is_settled(status):
                return status  # a batch sent it, and the DERMS acknowledged it at once
        return SyncRequestStatus(state=SyncState.PENDING)

    async def _await_acknowledgement(self, sync_request_id: str) -> SyncRequestStatus:
        """Waits for the acknowledgement; when it is overdue, asks the DERMS. A message that is lost is sent again."""
        wait = self._timeout
        while True:
            workflow.set_current_details(f"Waiting for the DERMS to acknowledge {sync_request_id}.")
            if not await self._is_acknowledged_within(wait):
                answer = await self._get_derms_status(sync_request_id)
                if not answer.known:
                    return SyncRequestStatus(state=SyncState.SENDING)
                if answer.acknowledgement is not None:
                    return await self._store_acknowledgement(answer.acknowledgement, asked=True)
                # The DERMS has the message and takes its time. A workflow that asked at the same pace for weeks would
                # outgrow what a history may hold.
                wait = min(wait * 2, max(self._timeout, policies.MAX_STATUS_INTERVAL))
                continue
            status = await self._process_next()
            if status is not None and _is_settled(status):
                return status

    async def _is_acknowledged_within(self, wait: timedelta) -> bool:
        """Returns whether an acknowledgement came. If not, it is overdue, or somebody wants the DERMS asked now."""
        if self._status_requested and not workflow.patched(_EARLY_STATUS_REQUEST_COUNTS):
            self._status_requested = False
        try:
            await workflow.wait_condition(
                lambda: bool(self._unprocessed) or self._status_requested,
                timeout=wait,
                timeout_summary="acknowledgement overdue",
            )
        except asyncio.TimeoutError:  # noqa: UP041 - what the SDK documents
            return False
        finally:
            self._status_requested = False
        return bool(self._unprocessed)

    async def _process_next(self) -> SyncRequestStatus | None:
        """Records the oldest acknowledgement, which stays unprocessed until then.

        Returns where the sync request stands; None if the acknowledgement is of another one.
        """
        status = await self._store_acknowledgement(self._unprocessed[0])
        acknowledgement = self._unprocessed.pop(0)
        return status if acknowledgement.sync_request_id == self._sync_request_id else None

    async def _get_derms_status(self, sync_request_id: str) -> DermsMessageStatus:
        workflow.set_current_details("The acknowledgement is overdue: asking the DERMS.")
        return await workflow.execute_activity_method(
            SynchronizeActivities.get_derms_status,
            QueryDermsMessage(sync_request_id=sync_request_id),
            summary=f"ask about {sync_request_id}",
            **policies.DERMS_STATUS,
        )

    async def _store_acknowledgement(
        self, acknowledgement: DermsAcknowledgement, *, asked: bool = False
    ) -> SyncRequestStatus:
        request = RecordAcknowledgement(acknowledgement=acknowledgement, asked=asked)
        return await self._record.run_step(
            SynchronizeActivities.record_acknowledgement,
            request,
            summary=f"{acknowledgement.result} acknowledgement",
            resume=WorkflowStage.SYNCHRONIZING,
        )

    async def _store_failure(
        self, sync_request_id: str, error: asyncio.CancelledError | FailureError
    ) -> SyncRequestStatus:
        """Puts a request in error whose message could not be sent; a person decides."""
        failure, text = _classify_failure(error)
        request = RecordSendFailure(sync_request_id=sync_request_id, failure=failure, text=text)
        return await self._record.run_step(
            SynchronizeActivities.record_failure, request, summary=failure, resume=WorkflowStage.SYNCHRONIZING
        )

    async def _park(self, sync_request_id: str, status: SyncRequestStatus) -> SyncRequestStatus:
        """Waits until a person acts, an acknowledgement comes after all, or it is time to try again; returns where the
        request stands then."""
        await self._record.parking.wait_for_person(
            sync_request_waits_for_person(sync_request_id, status.code, status.text),
            resume=WorkflowStage.SYNCHRONIZING,
            until=lambda: bool(self._unprocessed),
            again_after=policies.AUTOMATIC_RETRY_INTERVAL if status.code == SendFailure.UNREACHABLE else None,
        )
        if self._unprocessed:
            processed = await self._process_next()
            if processed is None and not workflow.patched(_SENDS_AGAIN_AFTER_OTHER_ACKNOWLEDGEMENT):
                return status
            # An acknowledgement of another request says nothing about this one, and a person may have acted meanwhile.
            return processed or SyncRequestStatus(state=SyncState.PENDING)
        return SyncRequestStatus(state=SyncState.PENDING)


def _is_settled(status: SyncRequestStatus) -> bool:
    return status.state in _OUTCOME_BY_STATE or status.state is SyncState.ERROR


def _classify_failure(error: asyncio.CancelledError | FailureError) -> tuple[SendFailure, str]:
    if is_cancelled_exception(error):
        return SendFailure.INTERRUPTED, "The workflow was asked to stop in Temporal while it notified the DERMS."
    cause = error.__cause__
    if isinstance(cause, ApplicationError) and cause.type == SendFailure.REFUSED:
        return SendFailure.REFUSED, cause.message
    return SendFailure.UNREACHABLE, "The DERMS could not be reached for hours."

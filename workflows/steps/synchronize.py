"""Telling the DERMS of one change, until it knows or a person gave it up (docs/domain.md#synchronize)."""

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
    from workflows.parking import Parking
    from workflows.signals import MessageDeduplicator

_OUTCOME_BY_STATE = {
    SyncState.SYNCHRONIZED: SyncOutcome.SYNCHRONIZED,
    SyncState.CANCELLED: SyncOutcome.CANCELLED,
    SyncState.DISCARDED: SyncOutcome.DISCARDED,
}


_EARLY_STATUS_REQUEST_COUNTS = "a-question-wished-for-before-the-wait-is-asked"
_SENDS_AGAIN_AFTER_OTHER_ACKNOWLEDGEMENT = "looks-again-after-an-answer-to-another-message"


class Synchronize:
    """Part of a flow: sends, waits for the acknowledgement, asks, sends again, parks."""

    def __init__(self, parking: Parking, acknowledgement_timeout: timedelta) -> None:
        self._parking = parking
        self._timeout = acknowledgement_timeout
        self._seen = MessageDeduplicator()
        self._unprocessed: list[DermsAcknowledgement] = []
        self._sync_request_id = ""
        self._turn_changed = False
        self._sent_by_batch = False
        self._status_requested = False
        self._queue_check_interval = policies.QUEUE_CHECK_INTERVAL
        self.is_running = False
        """Whether a message is being told, and an interruption puts it before a person."""

    def record_acknowledgement(self, acknowledgement: DermsAcknowledgement) -> None:
        """The DERMS answered; the same answer twice is one, and it may come before the send has returned."""
        if self._seen.is_new(acknowledgement.message_id):
            self._unprocessed.append(acknowledgement)

    def record_turn(self, message: SyncTurn) -> None:
        """What the request waited for has changed: it may be its turn, or a batch has sent it; or the DERMS is to be
        asked about it now."""
        self._turn_changed = True
        if message.sync_request_id == self._sync_request_id:
            self._sent_by_batch = self._sent_by_batch or message.handed_over
            self._status_requested = self._status_requested or message.ask

    async def run(self, sync_request_id: str) -> SyncOutcome:
        """Until the request is final. An error waits for a person; one of transport also tries again by itself.

        One after the other: a flow may tell of several changes.
        """
        self.is_running = True
        try:
            return await self._settle(sync_request_id)
        finally:
            self.is_running = False

    async def _settle(self, sync_request_id: str) -> SyncOutcome:
        self._sync_request_id, self._queue_check_interval = sync_request_id, policies.QUEUE_CHECK_INTERVAL
        standing = SyncRequestStatus(state=SyncState.PENDING)
        failure: asyncio.CancelledError | FailureError | None = None
        while standing.state not in _OUTCOME_BY_STATE:
            try:
                if failure is not None:
                    standing, failure = await self._store_failure(sync_request_id, failure), None
                elif standing.state is SyncState.ERROR:
                    standing = await self._park(sync_request_id, standing)
                else:
                    standing = await self._send(sync_request_id)
            except (asyncio.CancelledError, FailureError) as error:
                failure = error
        return _OUTCOME_BY_STATE[standing.state]

    async def _send(self, sync_request_id: str) -> SyncRequestStatus:
        """One round: send, then read answers until the request is final or in error."""
        workflow.set_current_details("Handing the message to the DERMS.")
        self._turn_changed = self._sent_by_batch = False
        sending = workflow.start_activity_method(
            SynchronizeActivities.send_to_derms,
            SendToDerms(sync_request_id=sync_request_id),
            summary=f"send {sync_request_id}",
            **policies.DERMS_SEND,
        )
        try:
            standing = await self._acknowledged_while_sending(sending)
        except (asyncio.CancelledError, FailureError):
            abandon(sending)
            raise
        if standing is not None:
            abandon(sending)
            return standing
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
        """Waits for the receipt; an answer that overtakes it and settles the request says all the receipt could."""
        while True:
            await workflow.wait_condition(lambda: sending.done() or bool(self._unprocessed))
            if sending.done():
                return None
            standing = await self._process_next()
            if standing is not None and _is_settled(standing):
                return standing

    async def _wait_for_turn(self, sent: SendResult) -> SyncRequestStatus:
        """Until the turn of the request may have come; then it is looked at again."""
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
            standing = await self._process_next()
            if standing is not None and _is_settled(standing):
                return standing  # sent together with others, and answered at once
        return SyncRequestStatus(state=SyncState.PENDING)

    async def _await_acknowledgement(self, sync_request_id: str) -> SyncRequestStatus:
        """Waits for answers; when none comes, asks. A message the DERMS does not know is sent again."""
        wait = self._timeout
        while True:
            workflow.set_current_details(f"Waiting for the DERMS to acknowledge {sync_request_id}.")
            if not await self._is_acknowledged_within(wait):
                answer = await self._get_derms_status(sync_request_id)
                if not answer.known:
                    return SyncRequestStatus(state=SyncState.SENDING)
                if answer.acknowledgement is not None:
                    return await self._store_acknowledgement(answer.acknowledgement, asked=True)
                # It has the message and takes its time: a flow that asked at the same pace for weeks would outgrow
                # what a history may hold.
                wait = min(wait * 2, max(self._timeout, policies.MAX_STATUS_INTERVAL))
                continue
            standing = await self._process_next()
            if standing is not None and _is_settled(standing):
                return standing

    async def _is_acknowledged_within(self, wait: timedelta) -> bool:
        """Whether an answer came; if not, it is time to ask, or somebody wants it asked now."""
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
        """Records the oldest unread answer, which stays unread until it is recorded; gives what it says of this one."""
        standing = await self._store_acknowledgement(self._unprocessed[0])
        answered = self._unprocessed.pop(0)
        return standing if answered.sync_request_id == self._sync_request_id else None

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
        return await self._parking.run_until_done(
            lambda: workflow.execute_local_activity_method(
                SynchronizeActivities.record_acknowledgement,
                request,
                summary=f"{acknowledgement.result} acknowledgement",
                **policies.OWN_DATABASE,
            ),
            resume=WorkflowStage.SYNCHRONIZING,
        )

    async def _store_failure(
        self, sync_request_id: str, error: asyncio.CancelledError | FailureError
    ) -> SyncRequestStatus:
        """A message that was not handed over puts its request in error; the flow goes on and waits."""
        failure, text = _classify_failure(error)
        request = RecordSendFailure(sync_request_id=sync_request_id, failure=failure, text=text)
        return await self._parking.run_until_done(
            lambda: workflow.execute_local_activity_method(
                SynchronizeActivities.record_failure, request, summary=failure, **policies.OWN_DATABASE
            ),
            resume=WorkflowStage.SYNCHRONIZING,
        )

    async def _park(self, sync_request_id: str, standing: SyncRequestStatus) -> SyncRequestStatus:
        """Until a person acted, an answer came after all, or it is time to try again; gives where it stands then."""
        unanswered = standing.code == SendFailure.UNREACHABLE
        await self._parking.wait_for_person(
            sync_request_waits_for_person(sync_request_id, standing.code, standing.text),
            resume=WorkflowStage.SYNCHRONIZING,
            until=lambda: bool(self._unprocessed),
            again_after=policies.AUTOMATIC_RETRY_INTERVAL if unanswered else None,
        )
        if self._unprocessed:
            read = await self._process_next()
            if read is None and not workflow.patched(_SENDS_AGAIN_AFTER_OTHER_ACKNOWLEDGEMENT):
                return standing
            # An answer to another message says nothing of this one, and a person may have acted meanwhile.
            return read or SyncRequestStatus(state=SyncState.PENDING)
        return SyncRequestStatus(state=SyncState.PENDING)


def _is_settled(standing: SyncRequestStatus) -> bool:
    return standing.state in _OUTCOME_BY_STATE or standing.state is SyncState.ERROR


def _classify_failure(error: asyncio.CancelledError | FailureError) -> tuple[SendFailure, str]:
    if is_cancelled_exception(error):
        return SendFailure.INTERRUPTED, "The flow was asked to stop in Temporal while it told the DERMS."
    cause = error.__cause__
    if isinstance(cause, ApplicationError) and cause.type == SendFailure.REFUSED:
        return SendFailure.REFUSED, cause.message
    return SendFailure.UNREACHABLE, "The DERMS could not be reached for hours."

"""Telling the DERMS of one change, until it knows or a person gave it up (docs/domain.md#synchronize)."""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.synchronize import SynchronizeActivities
    from models.messages.enroll import Stage
    from models.messages.synchronize import (
        Acknowledged,
        Answer,
        AskDerms,
        RecordAcknowledgement,
        RecordFailure,
        SendFailure,
        SendToDerms,
        Sent,
        SyncOutcome,
        SyncStanding,
        SyncTurn,
    )
    from models.states import SyncState
    from workflows import policies
    from workflows.cancellation import call_off
    from workflows.parking import Parking
    from workflows.signals import SeenMessages

_FINAL = {
    SyncState.SYNCHRONIZED: SyncOutcome.SYNCHRONIZED,
    SyncState.CANCELLED: SyncOutcome.CANCELLED,
    SyncState.DISCARDED: SyncOutcome.DISCARDED,
}


_EARLY_ASK_COUNTS = "a-question-wished-for-before-the-wait-is-asked"
_LOOKS_AGAIN = "looks-again-after-an-answer-to-another-message"


class Synchronize:
    """Part of a flow: sends, waits for the acknowledgement, asks, sends again, parks."""

    def __init__(self, parking: Parking, acknowledgement_timeout: timedelta) -> None:
        self._parking = parking
        self._timeout = acknowledgement_timeout
        self._seen = SeenMessages()
        self._unread: list[Acknowledged] = []
        self._about = ""
        self._turn = False
        self._handed_over = False
        self._hurried = False
        self._patience = policies.TURN_LOOKED_AT_AFTER
        self.running = False
        """Whether a message is being told, and an interruption puts it before a person."""

    def acknowledged(self, acknowledgement: Acknowledged) -> None:
        """The DERMS answered; the same answer twice is one, and it may come before the send has returned."""
        if self._seen.is_new(acknowledgement.message_id):
            self._unread.append(acknowledgement)

    def turn_came(self, message: SyncTurn) -> None:
        """What the request waited for has changed: it may be its turn, or a batch has sent it; or the DERMS is to be
        asked about it now."""
        self._turn = True
        if message.sync_request_id == self._about:
            self._handed_over = self._handed_over or message.handed_over
            self._hurried = self._hurried or message.ask

    async def run(self, sync_request_id: str) -> SyncOutcome:
        """Until the request is final. An error waits for a person; one of transport also tries again by itself.

        One after the other: a flow may tell of several changes.
        """
        self.running = True
        try:
            return await self._settle(sync_request_id)
        finally:
            self.running = False

    async def _settle(self, sync_request_id: str) -> SyncOutcome:
        self._about, self._patience = sync_request_id, policies.TURN_LOOKED_AT_AFTER
        standing = SyncStanding(state=SyncState.PENDING)
        failure: asyncio.CancelledError | FailureError | None = None
        while standing.state not in _FINAL:
            try:
                if failure is not None:
                    standing, failure = await self._failed(sync_request_id, failure), None
                elif standing.state is SyncState.ERROR:
                    standing = await self._park(sync_request_id, standing)
                else:
                    standing = await self._tell(sync_request_id)
            except (asyncio.CancelledError, FailureError) as error:
                failure = error
        return _FINAL[standing.state]

    async def _tell(self, sync_request_id: str) -> SyncStanding:
        """One round: send, then read answers until the request is final or in error."""
        workflow.set_current_details("Handing the message to the DERMS.")
        self._turn = self._handed_over = False
        sending = workflow.start_activity_method(
            SynchronizeActivities.send_to_derms,
            SendToDerms(sync_request_id=sync_request_id),
            summary=f"send {sync_request_id}",
            **policies.DERMS_SEND,
        )
        try:
            standing = await self._overtaken(sending)
        except (asyncio.CancelledError, FailureError):
            call_off(sending)
            raise
        if standing is not None:
            call_off(sending)
            return standing
        sent = await sending
        if sent.acknowledgement is not None:
            return await self._record(sent.acknowledgement)
        if sent.state is SyncState.PENDING:
            return await self._wait_for_turn(sent)
        if sent.state is not SyncState.AWAITING_ACKNOWLEDGEMENT:
            return SyncStanding(state=sent.state, code=sent.code, text=sent.text)
        return await self._read(sync_request_id)

    async def _overtaken(self, sending: workflow.ActivityHandle[Sent]) -> SyncStanding | None:
        """Waits for the receipt; an answer that overtakes it and settles the request says all the receipt could."""
        while True:
            await workflow.wait_condition(lambda: sending.done() or bool(self._unread))
            if sending.done():
                return None
            standing = await self._next()
            if standing is not None and _settled(standing):
                return standing

    async def _wait_for_turn(self, sent: Sent) -> SyncStanding:
        """Until the turn of the request may have come; then it is looked at again."""
        workflow.set_current_details(f"Waiting for {sent.waits_for or 'its turn'}.")
        try:
            await workflow.wait_condition(
                lambda: self._turn or bool(self._unread),
                timeout=self._patience,
                timeout_summary="look whether it is its turn",
            )
        except asyncio.TimeoutError:  # noqa: UP041 - what the SDK documents
            self._patience = min(self._patience * 2, policies.LONGEST_BETWEEN_LOOKS)
        if self._handed_over:
            return await self._read(self._about)
        if self._unread:
            standing = await self._next()
            if standing is not None and _settled(standing):
                return standing  # sent together with others, and answered at once
        return SyncStanding(state=SyncState.PENDING)

    async def _read(self, sync_request_id: str) -> SyncStanding:
        """Waits for answers; when none comes, asks. A message the DERMS does not know is sent again."""
        wait = self._timeout
        while True:
            workflow.set_current_details(f"Waiting for the DERMS to acknowledge {sync_request_id}.")
            if not await self._answered_within(wait):
                answer = await self._ask(sync_request_id)
                if not answer.known:
                    return SyncStanding(state=SyncState.SENDING)
                if answer.acknowledgement is not None:
                    return await self._record(answer.acknowledgement, asked=True)
                # It has the message and takes its time: a flow that asked at the same pace for weeks would outgrow
                # what a history may hold.
                wait = min(wait * 2, max(self._timeout, policies.LONGEST_BETWEEN_QUESTIONS))
                continue
            standing = await self._next()
            if standing is not None and _settled(standing):
                return standing

    async def _answered_within(self, wait: timedelta) -> bool:
        """Whether an answer came; if not, it is time to ask, or somebody wants it asked now."""
        if self._hurried and not workflow.patched(_EARLY_ASK_COUNTS):
            self._hurried = False
        try:
            await workflow.wait_condition(
                lambda: bool(self._unread) or self._hurried, timeout=wait, timeout_summary="acknowledgement overdue"
            )
        except asyncio.TimeoutError:  # noqa: UP041 - what the SDK documents
            return False
        finally:
            self._hurried = False
        return bool(self._unread)

    async def _next(self) -> SyncStanding | None:
        """Records the oldest unread answer, which stays unread until it is recorded; gives what it says of this one."""
        standing = await self._record(self._unread[0])
        answered = self._unread.pop(0)
        return standing if answered.sync_request_id == self._about else None

    async def _ask(self, sync_request_id: str) -> Answer:
        workflow.set_current_details("The acknowledgement is overdue: asking the DERMS.")
        return await workflow.execute_activity_method(
            SynchronizeActivities.ask_derms,
            AskDerms(sync_request_id=sync_request_id),
            summary=f"ask about {sync_request_id}",
            **policies.DERMS_ASK,
        )

    async def _record(self, acknowledgement: Acknowledged, *, asked: bool = False) -> SyncStanding:
        request = RecordAcknowledgement(acknowledgement=acknowledgement, asked=asked)
        return await self._parking.insist(
            lambda: workflow.execute_local_activity_method(
                SynchronizeActivities.record_acknowledgement,
                request,
                summary=f"{acknowledgement.result} acknowledgement",
                **policies.OWN_DATABASE,
            ),
            resume=Stage.SYNCHRONIZING,
        )

    async def _failed(self, sync_request_id: str, error: asyncio.CancelledError | FailureError) -> SyncStanding:
        """A message that was not handed over puts its request in error; the flow goes on and waits."""
        failure, text = _why(error)
        request = RecordFailure(sync_request_id=sync_request_id, failure=failure, text=text)
        return await self._parking.insist(
            lambda: workflow.execute_local_activity_method(
                SynchronizeActivities.record_failure, request, summary=failure, **policies.OWN_DATABASE
            ),
            resume=Stage.SYNCHRONIZING,
        )

    async def _park(self, sync_request_id: str, standing: SyncStanding) -> SyncStanding:
        """Until a person acted, an answer came after all, or it is time to try again; gives where it stands then."""
        unanswered = standing.code == SendFailure.UNREACHABLE
        text = standing.text or "The DERMS did not say why."
        await self._parking.wait(
            f"{sync_request_id} is in error ({standing.code}): {text} Correct the data and retry it, or cancel it "
            f"with a reason: POST /v1/sync-requests/{sync_request_id}/retry or /cancel.",
            resume=Stage.SYNCHRONIZING,
            until=lambda: bool(self._unread),
            again_after=policies.TRY_AGAIN_AFTER if unanswered else None,
        )
        if self._unread:
            read = await self._next()
            if read is None and not workflow.patched(_LOOKS_AGAIN):
                return standing
            # An answer to another message says nothing of this one, and a person may have acted meanwhile.
            return read or SyncStanding(state=SyncState.PENDING)
        return SyncStanding(state=SyncState.PENDING)


def _settled(standing: SyncStanding) -> bool:
    return standing.state in _FINAL or standing.state is SyncState.ERROR


def _why(error: asyncio.CancelledError | FailureError) -> tuple[SendFailure, str]:
    if is_cancelled_exception(error):
        return SendFailure.INTERRUPTED, "The flow was asked to stop in Temporal while it told the DERMS."
    cause = error.__cause__
    if isinstance(cause, ApplicationError) and cause.type == SendFailure.REFUSED:
        return SendFailure.REFUSED, cause.message
    return SendFailure.UNREACHABLE, "The DERMS could not be reached for hours."

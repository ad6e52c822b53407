"""Telling the DERMS of one change, until it knows or a person gave it up (DOMAIN.md 5.5)."""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

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
        SyncOutcome,
        SyncStanding,
    )
    from models.states import SyncState
    from workflows import policies
    from workflows.parking import Parking

_FINAL = {
    SyncState.SYNCHRONIZED: SyncOutcome.SYNCHRONIZED,
    SyncState.CANCELLED: SyncOutcome.CANCELLED,
    SyncState.DISCARDED: SyncOutcome.DISCARDED,
}


class Synchronize:
    """Part of a flow: sends, waits for the acknowledgement, asks, sends again, parks."""

    def __init__(self, parking: Parking, acknowledgement_timeout: timedelta) -> None:
        self._parking = parking
        self._timeout = acknowledgement_timeout
        self._seen: set[str] = set()
        self._unread: list[Acknowledged] = []

    def acknowledged(self, acknowledgement: Acknowledged) -> None:
        """The DERMS answered; the same answer twice is one, and it may come before the send has returned."""
        if acknowledgement.message_id not in self._seen:
            self._seen.add(acknowledgement.message_id)
            self._unread.append(acknowledgement)

    async def run(self, sync_request_id: str) -> SyncOutcome:
        """Until the request is final. An error waits for a person; one of transport also tries again by itself."""
        while True:
            try:
                standing = await self._tell(sync_request_id)
            except (asyncio.CancelledError, ActivityError) as error:
                standing = await self._failed(sync_request_id, error)
            while standing.state is SyncState.ERROR:
                standing = await self._park(sync_request_id, standing)
            if standing.state in _FINAL:
                return _FINAL[standing.state]

    async def _tell(self, sync_request_id: str) -> SyncStanding:
        """One round: send, then read answers until the request is final or in error."""
        workflow.set_current_details("Handing the message to the DERMS.")
        sending = workflow.start_activity_method(
            SynchronizeActivities.send_to_derms,
            SendToDerms(sync_request_id=sync_request_id),
            summary=f"send {sync_request_id}",
            **policies.DERMS_SEND,
        )
        try:
            await workflow.wait_condition(lambda: sending.done() or bool(self._unread))
        except asyncio.CancelledError:
            sending.cancel()
            raise
        if not sending.done():
            # The answer overtook the receipt: it says all the receipt could.
            sending.cancel()
            return await self._read(sync_request_id)
        sent = await sending
        if sent.acknowledgement is not None:
            return await self._record(sent.acknowledgement)
        if sent.state is not SyncState.AWAITING_ACKNOWLEDGEMENT:
            return SyncStanding(state=sent.state, code=sent.code, text=sent.text)
        return await self._read(sync_request_id)

    async def _read(self, sync_request_id: str) -> SyncStanding:
        """Waits for answers; when none comes, asks. A message the DERMS does not know is sent again."""
        workflow.set_current_details(f"Waiting for the DERMS to acknowledge {sync_request_id}.")
        while True:
            try:
                await workflow.wait_condition(
                    lambda: bool(self._unread), timeout=self._timeout, timeout_summary="acknowledgement overdue"
                )
            except asyncio.TimeoutError:  # noqa: UP041 - what the SDK documents
                answer = await self._ask(sync_request_id)
                if not answer.known:
                    return SyncStanding(state=SyncState.SENDING)
                if answer.acknowledgement is None:
                    continue
                return await self._record(answer.acknowledgement, asked=True)
            standing = await self._record(self._unread.pop(0))
            if standing.state in _FINAL or standing.state is SyncState.ERROR:
                return standing

    async def _ask(self, sync_request_id: str) -> Answer:
        workflow.set_current_details("The acknowledgement is overdue: asking the DERMS.")
        return await workflow.execute_activity_method(
            SynchronizeActivities.ask_derms,
            AskDerms(sync_request_id=sync_request_id),
            summary=f"ask about {sync_request_id}",
            **policies.DERMS_ASK,
        )

    async def _record(self, acknowledgement: Acknowledged, *, asked: bool = False) -> SyncStanding:
        return await workflow.execute_local_activity_method(
            SynchronizeActivities.record_acknowledgement,
            RecordAcknowledgement(acknowledgement=acknowledgement, asked=asked),
            summary=f"{acknowledgement.result} acknowledgement",
            **policies.OWN_DATABASE,
        )

    async def _failed(self, sync_request_id: str, error: asyncio.CancelledError | ActivityError) -> SyncStanding:
        """A message that was not handed over puts its request in error; the flow goes on and waits."""
        failure, text = _why(error)
        return await workflow.execute_local_activity_method(
            SynchronizeActivities.record_failure,
            RecordFailure(sync_request_id=sync_request_id, failure=failure, text=text),
            summary=failure,
            **policies.OWN_DATABASE,
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
            return await self._record(self._unread.pop(0))
        return SyncStanding(state=SyncState.PENDING)


def _why(error: asyncio.CancelledError | ActivityError) -> tuple[SendFailure, str]:
    if is_cancelled_exception(error):
        return SendFailure.INTERRUPTED, "The flow was asked to stop in Temporal while it told the DERMS."
    cause = error.__cause__
    if isinstance(cause, ApplicationError) and cause.type == SendFailure.REFUSED:
        return SendFailure.REFUSED, cause.message
    return SendFailure.UNREACHABLE, "The DERMS could not be reached for hours."

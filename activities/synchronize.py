"""Telling the DERMS: one external call each, and what became of it in our own record.

The send marks its request before and after the call in transactions of their own, guarded by the request's state, so
that a retry at any point applies nothing twice (docs/decisions/0004-send-marks-its-request.md).
"""

from temporalio import activity

from connectors.derms.client import DermsClient, Message
from connectors.derms.wire import Acknowledgement
from models.messages.synchronize import (
    Acknowledged,
    Answer,
    AskDerms,
    RecordAcknowledgement,
    RecordFailure,
    SendToDerms,
    Sent,
    SyncStanding,
)
from models.scope import SystemScope
from models.states import SyncState
from operations import sync_requests
from operations.catalog import Catalogs
from operations.database import Sessions, transaction

_FLOW = SystemScope(actor="synchronize")


class SynchronizeActivities:
    """Bound to the worker's database and the DERMS."""

    def __init__(self, sessions: Sessions, catalogs: Catalogs, derms: DermsClient) -> None:
        self._sessions = sessions
        self._catalogs = catalogs
        self._derms = derms

    @activity.defn
    async def send_to_derms(self, request: SendToDerms) -> Sent:
        """Hand the message over under its key; resending the same is harmless."""
        async with transaction(self._sessions) as session:
            ready = await sync_requests.start_sending(session, _FLOW, self._catalogs, request.sync_request_id)
        if ready.snapshot is None:
            return Sent(state=ready.state, code=ready.error_code, text=ready.error_text, waits_for=ready.waits_for)
        answer = await self._derms.send(
            Message(ready.endpoint, ready.key, ready.sync_request_id, ready.revision, ready.snapshot)
        )
        if answer is not None:
            return Sent(state=SyncState.SENDING, acknowledgement=_as_message(answer))
        async with transaction(self._sessions) as session:
            await sync_requests.handed_over(session, _FLOW, request.sync_request_id)
        return Sent(state=SyncState.AWAITING_ACKNOWLEDGEMENT)

    @activity.defn
    async def ask_derms(self, request: AskDerms) -> Answer:
        """Ask the DERMS what became of the message."""
        async with transaction(self._sessions) as session:
            address = await sync_requests.address_of(session, request.sync_request_id)
        status = await self._derms.status(address.endpoint, address.key)
        if status is None:
            return Answer(known=False)
        found = status.acknowledgement
        return Answer(known=True, acknowledgement=_as_message(found) if found else None)

    @activity.defn
    async def record_acknowledgement(self, request: RecordAcknowledgement) -> SyncStanding:
        """Apply what the DERMS said, device by device."""
        async with transaction(self._sessions) as session:
            return await sync_requests.record_acknowledgement(
                session, _FLOW, request.acknowledgement, asked=request.asked
            )

    @activity.defn
    async def record_failure(self, request: RecordFailure) -> SyncStanding:
        """Put the request in error: the message could not be handed over."""
        async with transaction(self._sessions) as session:
            return await sync_requests.record_failure(
                session, _FLOW, request.sync_request_id, request.failure, request.text
            )


def _as_message(answer: Acknowledgement) -> Acknowledged:
    return Acknowledged.model_validate(answer.model_dump())

"""Synchronizing with the DERMS: one external call each, and its result in our own record.

The send marks its request before and after the call in transactions of their own, guarded by the request's state, so
that a retry at any point applies nothing twice (docs/decisions/0004-send-marks-its-request.md).
"""

from temporalio import activity

from connectors.derms.protocol import Derms, OutgoingMessage
from connectors.derms.wire import Acknowledgement
from models.messages.synchronization import (
    DermsAcknowledgement,
    DermsMessageStatus,
    QueryDermsMessage,
    RecordAcknowledgement,
    RecordSendFailure,
    SendResult,
    SendToDerms,
    SyncRequestStatus,
)
from models.scope import SystemScope
from models.states.sync_request import SyncState
from operations.catalog.versions import CatalogCache
from operations.platform.database import Sessions, transaction
from operations.synchronization import acknowledgements, sync_requests

_SCOPE = SystemScope(actor="synchronize")


class SynchronizeActivities:
    """Runs on the worker's database and the DERMS."""

    def __init__(self, sessions: Sessions, catalogs: CatalogCache, derms: Derms) -> None:
        self._sessions = sessions
        self._catalogs = catalogs
        self._derms = derms

    @activity.defn
    async def send_to_derms(self, request: SendToDerms) -> SendResult:
        """Send the message under its key; sending it again is harmless."""
        async with transaction(self._sessions) as session:
            ready = await sync_requests.start_sending(session, _SCOPE, self._catalogs, request.sync_request_id)
        if ready.snapshot is None:
            return SendResult(
                state=ready.state, code=ready.error_code, text=ready.error_text, waits_for=ready.waits_for
            )
        answer = await self._derms.send(
            OutgoingMessage(ready.endpoint, ready.key, ready.sync_request_id, ready.revision, ready.snapshot)
        )
        if answer is not None:
            return SendResult(state=SyncState.SENDING, acknowledgement=_to_message(answer))
        async with transaction(self._sessions) as session:
            await sync_requests.mark_awaiting_acknowledgement(session, _SCOPE, request.sync_request_id)
        return SendResult(state=SyncState.AWAITING_ACKNOWLEDGEMENT)

    @activity.defn(name="ask_derms")
    async def get_derms_status(self, request: QueryDermsMessage) -> DermsMessageStatus:
        """Ask the DERMS for the status of the message."""
        async with transaction(self._sessions) as session:
            address = await sync_requests.get_message_address(session, request.sync_request_id)
        status = await self._derms.get_message_status(address.endpoint, address.key)
        if status is None:
            return DermsMessageStatus(known=False)
        acknowledgement = status.acknowledgement
        return DermsMessageStatus(known=True, acknowledgement=_to_message(acknowledgement) if acknowledgement else None)

    @activity.defn
    async def record_acknowledgement(self, request: RecordAcknowledgement) -> SyncRequestStatus:
        """Apply the acknowledgement, device by device."""
        async with transaction(self._sessions) as session:
            return await acknowledgements.record_acknowledgement(
                session, _SCOPE, request.acknowledgement, asked=request.asked
            )

    @activity.defn
    async def record_failure(self, request: RecordSendFailure) -> SyncRequestStatus:
        """Put the request in error: its message could not be sent."""
        async with transaction(self._sessions) as session:
            return await sync_requests.record_failure(
                session, _SCOPE, request.sync_request_id, request.failure, request.text
            )


def _to_message(answer: Acknowledgement) -> DermsAcknowledgement:
    return DermsAcknowledgement.model_validate(answer.model_dump())

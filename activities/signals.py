"""Storing the signals that a workflow cannot read."""

from temporalio import activity

from models.messages.signals import UnreadableSignal
from operations.platform import outbox
from operations.platform.database import Sessions, transaction


class SignalActivities:
    """Runs on the worker's database."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    @activity.defn(name="keep_unreadable_signal")
    async def store_unreadable_signal(self, request: UnreadableSignal) -> None:
        """Store the signal with the messages that could not be delivered, where people find it."""
        async with transaction(self._sessions) as session:
            await outbox.keep_undeliverable(session, request.workflow_id, request.name, request.payload, request.error)

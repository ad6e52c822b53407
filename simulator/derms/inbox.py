"""Receives sync messages and acknowledges them, at once or when they fall due."""

import time
from dataclasses import replace

from simulator.derms.faults import Faults
from simulator.derms.messages import MessageRepository, StoredMessage
from simulator.derms.processing import ForcedResult, MessageProcessor
from simulator.shared.callbacks import CallbackSender
from simulator.shared.contract import Document
from simulator.shared.due_loop import DueLoop
from simulator.shared.faults import FaultControl
from simulator.shared.store import Store, format_now, hash_content

_MAX_BATCH_SIZE = 100


class MessageInbox:
    """Each step is one transaction. The mode `never` only stores messages; `loop` acknowledges them later."""

    def __init__(
        self,
        store: Store,
        messages: MessageRepository,
        processor: MessageProcessor,
        faults: FaultControl[Faults],
        callbacks: CallbackSender,
    ) -> None:
        self._store = store
        self._messages = messages
        self._processor = processor
        self._faults = faults
        self._callbacks = callbacks
        self.loop = DueLoop(self._get_next_due_time, self._acknowledge_due)
        faults.on_change(self.loop.wake)

    def receive(self, message: Document, body: bytes) -> StoredMessage | None:
        """Stores a message once, however often it comes; returns None if its key was used for other content."""
        faults = self._faults.current
        due = time.time() + faults.acknowledge_after_seconds
        with self._store.transaction():
            stored = self._record(message, body, due)
            if stored is not None and stored.acknowledgement is None and faults.acknowledge == "at_once":
                stored = replace(stored, acknowledgement=self._processor.process(stored, message, "none"))
        self.loop.expect(due)
        return stored

    def force_acknowledgement(self, message: StoredMessage, forced: ForcedResult | None) -> bytes:
        """Sends an acknowledgement by callback now: a new one if there is none or if a result is forced."""
        acknowledgement = message.acknowledgement
        with self._store.transaction():
            if acknowledgement is None or forced is not None:
                acknowledgement = self._processor.process(message, message.parse(), "waiting", forced)
            else:
                self._messages.record_acknowledgement(message.message_id, acknowledgement, "waiting", applied=False)
        self._callbacks.enqueue([message.message_id])
        return acknowledgement

    def _record(self, message: Document, body: bytes, due: float) -> StoredMessage | None:
        content_hash = hash_content(message)
        stored = self._messages.find(message["message_id"])
        if stored is None:
            return self._messages.add(message, body, content_hash, format_now(), due)
        if stored.content_hash != content_hash:
            return None
        self._messages.count_receipt(stored.message_id)
        return stored

    def _get_next_due_time(self) -> float | None:
        return None if self._faults.current.acknowledge == "never" else self._messages.get_next_due_time()

    def _acknowledge_due(self, now: float) -> None:
        if self._faults.current.acknowledge == "never":
            return
        acknowledged: list[str] = []
        with self._store.transaction():
            for message in self._messages.list_due(now, _MAX_BATCH_SIZE):
                is_lost = self._faults.should_inject(self._faults.current.lost_acknowledgement_share)
                self._processor.process(message, message.parse(), "lost" if is_lost else "waiting")
                if not is_lost:
                    acknowledged.append(message.message_id)
        self._callbacks.enqueue(acknowledged)

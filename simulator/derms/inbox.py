"""Takes a sync message in, once: the same key with the same content is the same message, however often it comes."""

import hashlib
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import orjson

from simulator.derms.decision_loop import DecisionLoop
from simulator.derms.grid_model.processing import ForcedResult, MessageProcessor
from simulator.derms.messages import MessageRepository, StoredMessage
from simulator.shared.contract import Document
from simulator.shared.faults import FaultControl, Faults
from simulator.shared.store import Store


@dataclass(frozen=True, slots=True)
class MessageInbox:
    """Each step is one transaction."""

    store: Store
    messages: MessageRepository
    settlement: MessageProcessor
    faults: FaultControl[Faults]
    clerk: DecisionLoop

    def receive(self, message: Document, body: bytes) -> StoredMessage | None:
        """The message as it now stands in the store; None when its key already means something else."""
        mode = self.faults.current.acknowledge
        with self.store.transaction():
            taken = self._record(message, body)
            if taken is not None and taken.acknowledgement is None and mode == "at_once":
                taken = replace(taken, acknowledgement=self.settlement.process(taken, message, "none"))
        if mode == "callback":
            self.clerk.notify()
        return taken

    def force_acknowledgement(self, taken: StoredMessage, forced: ForcedResult | None) -> bytes:
        """An acknowledgement by callback, now: the one there is, or a new one if there is none or one is dictated."""
        with self.store.transaction():
            if taken.acknowledgement is None or forced is not None:
                return self.settlement.process(taken, taken.parse(), "waiting", forced)
            self.messages.record_acknowledgement(taken.message_id, taken.acknowledgement, "waiting", applied=False)
            return taken.acknowledgement

    def _record(self, message: Document, body: bytes) -> StoredMessage | None:
        content_hash = hashlib.sha256(orjson.dumps(message, option=orjson.OPT_SORT_KEYS)).digest()
        taken = self.messages.find(message["message_id"])
        if taken is None:
            due = time.time() + self.faults.current.acknowledge_after_seconds
            received_at = datetime.now(UTC).isoformat(timespec="milliseconds")
            return self.messages.add(message, body, content_hash, received_at, due)
        if taken.content_hash != content_hash:
            return None
        self.messages.count_receipt(taken.message_id)
        return taken

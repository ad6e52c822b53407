"""Takes a sync message in, once: the same key with the same content is the same message, however often it comes."""

import hashlib
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import orjson

from simulator.clerk import Clerk
from simulator.contract import Document
from simulator.faults import FaultBoard, Faults
from simulator.messages import Messages, Taken
from simulator.settlement import Forced, Settlement
from simulator.store import Store


@dataclass(frozen=True, slots=True)
class Intake:
    """Each step is one transaction."""

    store: Store
    messages: Messages
    settlement: Settlement
    faults: FaultBoard[Faults]
    clerk: Clerk

    def receive(self, message: Document, body: bytes) -> Taken | None:
        """The message as it now stands in the store; None when its key already means something else."""
        mode = self.faults.now.acknowledge
        with self.store.transaction():
            taken = self._recorded(message, body)
            if taken is not None and taken.acknowledgement is None and mode == "at_once":
                taken = replace(taken, acknowledgement=self.settlement.settle(taken, message, "none"))
        if mode == "callback":
            self.clerk.expect()
        return taken

    def force(self, taken: Taken, forced: Forced | None) -> bytes:
        """An acknowledgement by callback, now: the one there is, or a new one if there is none or one is dictated."""
        with self.store.transaction():
            if taken.acknowledgement is None or forced is not None:
                return self.settlement.settle(taken, taken.message(), "waiting", forced)
            self.messages.acknowledge(taken.message_id, taken.acknowledgement, "waiting", applied=False)
            return taken.acknowledgement

    def _recorded(self, message: Document, body: bytes) -> Taken | None:
        content_hash = hashlib.sha256(orjson.dumps(message, option=orjson.OPT_SORT_KEYS)).digest()
        taken = self.messages.find(message["message_id"])
        if taken is None:
            due = time.time() + self.faults.now.acknowledge_after_seconds
            received_at = datetime.now(UTC).isoformat(timespec="milliseconds")
            return self.messages.add(message, body, content_hash, received_at, due)
        if taken.content_hash != content_hash:
            return None
        self.messages.count_receipt(taken.message_id)
        return taken

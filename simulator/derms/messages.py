"""The sync messages that the DERMS has received, each once, with their acknowledgements, callbacks and deliveries."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import orjson

from simulator.shared.callbacks import Answer, CallbackState
from simulator.shared.contract import Document
from simulator.shared.store import Store

_LIST_COLUMNS = (
    "number, message_id, sync_request_id, version, received_at, times_received, applied, "
    "acknowledgement IS NOT NULL AS acknowledged, callback, callbacks_sent"
)
_MAX_DELIVERIES = 1000


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message in the store; `acknowledgement` is None until the DERMS has decided."""

    message_id: str
    content_hash: bytes
    document: bytes
    acknowledgement: bytes | None

    def parse(self) -> Document:
        return orjson.loads(self.document)


class MessageRepository:
    """Reads and writes the table of messages; the caller opens transactions, except for callbacks."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._connection = store.connection

    def find(self, message_id: str) -> StoredMessage | None:
        row = self._connection.execute(
            "SELECT message_id, content_hash, document, acknowledgement FROM messages WHERE message_id = ?",
            (message_id,),
        ).fetchone()
        return StoredMessage(*row) if row else None

    def add(self, message: Document, body: bytes, content_hash: bytes, received_at: str, due: float) -> StoredMessage:
        message_id = message["message_id"]
        self._connection.execute(
            "INSERT INTO messages (message_id, sync_request_id, version, content_hash, document, received_at, due)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (message_id, message["sync_request_id"], message["version"], content_hash, body, received_at, due),
        )
        return StoredMessage(message_id, content_hash, body, None)

    def count_receipt(self, message_id: str) -> None:
        self._connection.execute(
            "UPDATE messages SET times_received = times_received + 1 WHERE message_id = ?", (message_id,)
        )

    def record_acknowledgement(
        self, message_id: str, acknowledgement: bytes, callback: CallbackState, *, applied: bool
    ) -> None:
        self._connection.execute(
            "UPDATE messages SET acknowledgement = ?, callback = ?, applied = applied + ? WHERE message_id = ?",
            (acknowledgement, callback, applied, message_id),
        )

    def was_applied(self, message_id: str) -> bool:
        row = self._connection.execute("SELECT applied FROM messages WHERE message_id = ?", (message_id,)).fetchone()
        return row is not None and row["applied"] > 0

    def get_next_due_time(self) -> float | None:
        """Returns when the next decision falls due, in seconds since 1970."""
        return self._connection.execute("SELECT min(due) FROM messages WHERE acknowledgement IS NULL").fetchone()[0]

    def list_due(self, now: float, limit: int) -> list[StoredMessage]:
        """Returns messages without a decision, in the order in which they fell due."""
        rows = self._connection.execute(
            "SELECT message_id, content_hash, document, acknowledgement FROM messages"
            " WHERE acknowledgement IS NULL AND due <= ? ORDER BY due, number LIMIT ?",
            (now, limit),
        )
        return [StoredMessage(*row) for row in rows]

    def list_waiting(self) -> list[str]:
        """Returns the ids whose acknowledgements wait for their callback, the oldest first."""
        rows = self._connection.execute("SELECT message_id FROM messages WHERE callback = 'waiting' ORDER BY number")
        return [row["message_id"] for row in rows]

    def list_answers(self, ids: Iterable[str]) -> list[Answer]:
        """Returns the acknowledgements of these messages, in the same order."""
        found = [(message_id, self.find(message_id)) for message_id in ids]
        return [
            (message_id, message.acknowledgement)
            for message_id, message in found
            if message and message.acknowledgement
        ]

    def record_delivery(self, sent: Sequence[Answer], outcome: CallbackState, *, posts: int) -> None:
        """Records the outcome of a delivery. An acknowledgement that was replaced meanwhile still waits for its own."""
        with self._store.transaction():
            self._connection.executemany(
                "UPDATE messages SET callbacks_sent = callbacks_sent + ?,"
                " callback = CASE WHEN acknowledgement = ? THEN ? ELSE callback END WHERE message_id = ?",
                [(posts, acknowledgement, outcome, message_id) for message_id, acknowledgement in sent],
            )

    def list_page(self, after: int, limit: int) -> list[Document]:
        """Returns messages in the order of arrival, from behind the given number."""
        rows = self._connection.execute(
            f"SELECT {_LIST_COLUMNS} FROM messages WHERE number > ? ORDER BY number LIMIT ?",  # noqa: S608 (a constant)
            (after, limit),
        )
        return [{**dict(row), "acknowledged": bool(row["acknowledged"])} for row in rows]

    def count_by_status(self) -> dict[str, int]:
        row = self._connection.execute(
            "SELECT (SELECT count(*) FROM messages),"
            " (SELECT count(*) FROM messages WHERE acknowledgement IS NULL),"
            " (SELECT count(*) FROM messages WHERE callback = 'waiting'),"
            " (SELECT count(*) FROM messages WHERE callback = 'lost'),"
            " (SELECT count(*) FROM messages WHERE callback = 'undeliverable')"
        ).fetchone()
        return dict(zip(("received", "undecided", "waiting", "lost", "undeliverable"), row, strict=True))


class DeliveryLog:
    """Keeps in memory which messages came together in one call, for tests that count calls."""

    def __init__(self) -> None:
        self._deliveries: deque[list[str]] = deque(maxlen=_MAX_DELIVERIES)

    def record(self, message_ids: list[str]) -> None:
        self._deliveries.append(message_ids)

    def list_deliveries(self) -> list[list[str]]:
        """Returns the message ids of each call, the latest call last."""
        return list(self._deliveries)

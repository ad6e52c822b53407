"""The sync messages taken, each once, with what was answered and whether the answer was delivered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import orjson

from simulator.shared.contract import Document
from simulator.shared.store import Store

CallbackState = Literal["none", "waiting", "delivered", "lost", "undeliverable"]

_LIST_COLUMNS = (
    "number, message_id, sync_request_id, version, received_at, times_received, applied, "
    "acknowledgement IS NOT NULL AS acknowledged, callback, callbacks_sent"
)


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message in the store; `acknowledgement` is None until it is decided."""

    message_id: str
    content_hash: bytes
    document: bytes
    acknowledgement: bytes | None

    def parse(self) -> Document:
        return orjson.loads(self.document)


class MessageRepository:
    """Reads and writes one table; transactions are the caller's."""

    def __init__(self, store: Store) -> None:
        self._connection = store.connection

    def find(self, message_id: str) -> StoredMessage | None:
        found = self._connection.execute(
            "SELECT message_id, content_hash, document, acknowledgement FROM messages WHERE message_id = ?",
            (message_id,),
        ).fetchone()
        return StoredMessage(*found) if found else None

    def add(self, message: Document, body: bytes, content_hash: bytes, received_at: str, due: float) -> StoredMessage:
        self._connection.execute(
            "INSERT INTO messages (message_id, sync_request_id, version, content_hash, document, received_at, due)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                message["message_id"],
                message["sync_request_id"],
                message["version"],
                content_hash,
                body,
                received_at,
                due,
            ),
        )
        return StoredMessage(message["message_id"], content_hash, body, None)

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
        found = self._connection.execute("SELECT applied FROM messages WHERE message_id = ?", (message_id,)).fetchone()
        return found is not None and found["applied"] > 0

    def get_next_due_time(self) -> float | None:
        """When the next decision falls due, in seconds of the epoch."""
        return self._connection.execute("SELECT min(due) FROM messages WHERE acknowledgement IS NULL").fetchone()[0]

    def list_due(self, now: float, limit: int) -> list[StoredMessage]:
        """Undecided messages, in the order in which they fell due."""
        found = self._connection.execute(
            "SELECT message_id, content_hash, document, acknowledgement FROM messages"
            " WHERE acknowledgement IS NULL AND due <= ? ORDER BY due, number LIMIT ?",
            (now, limit),
        )
        return [StoredMessage(*row) for row in found]

    def list_waiting(self) -> list[str]:
        """Whose acknowledgements were not yet delivered, oldest first."""
        found = self._connection.execute("SELECT message_id FROM messages WHERE callback = 'waiting' ORDER BY number")
        return [row["message_id"] for row in found]

    def list_acknowledgements(self, message_ids: Iterable[str]) -> list[tuple[str, bytes]]:
        """Message ids and acknowledgements, in the order asked for."""
        found = [(one, self.find(one)) for one in message_ids]
        return [(one, taken.acknowledgement) for one, taken in found if taken and taken.acknowledgement]

    def record_delivery(self, sent: Sequence[tuple[str, bytes]], outcome: CallbackState, *, posts: int) -> None:
        """What became of a delivery. An acknowledgement that was replaced meanwhile still waits for its own."""
        self._connection.executemany(
            "UPDATE messages SET callbacks_sent = callbacks_sent + ?,"
            " callback = CASE WHEN acknowledgement = ? THEN ? ELSE callback END WHERE message_id = ?",
            [(posts, acknowledgement, outcome, message_id) for message_id, acknowledgement in sent],
        )

    def list_page(self, after: int, limit: int) -> list[Document]:
        """Messages in the order of arrival, from behind the given number."""
        found = self._connection.execute(
            f"SELECT {_LIST_COLUMNS} FROM messages WHERE number > ? ORDER BY number LIMIT ?",  # noqa: S608 (a constant)
            (after, limit),
        )
        return [{**dict(row), "acknowledged": bool(row["acknowledged"])} for row in found]

    def count_by_status(self) -> dict[str, int]:
        found = self._connection.execute(
            "SELECT (SELECT count(*) FROM messages),"
            " (SELECT count(*) FROM messages WHERE acknowledgement IS NULL),"
            " (SELECT count(*) FROM messages WHERE callback = 'waiting'),"
            " (SELECT count(*) FROM messages WHERE callback = 'lost'),"
            " (SELECT count(*) FROM messages WHERE callback = 'undeliverable')"
        ).fetchone()
        return dict(zip(("received", "undecided", "waiting", "lost", "undeliverable"), found, strict=True))

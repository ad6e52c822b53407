"""The requests that came in, their answers, and which of these are still to be told."""

import hashlib
import sqlite3
import time
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

import orjson

from simulator.head_end.devices import Operation, build_device_key
from simulator.head_end.store import HeadEndStore
from simulator.shared.contract import Document

CallbackState = Literal["none", "waiting", "delivered", "lost", "undeliverable"]

_SILENT = "SELECT device_key FROM devices WHERE state = 'silent'"
_LIST_COLUMNS = ("request_id", "serial_number", "asked", "received_at", "times_received", "callback", "callbacks_sent")


class StoredRequest(NamedTuple):
    """One request as the store has it."""

    number: int
    request_id: str
    device_key: str
    asked: Operation
    content_hash: bytes
    answer: bytes | None


class RequestRepository:
    """All of them, by key."""

    def __init__(self, store: HeadEndStore) -> None:
        self._store = store

    def find(self, request_id: str) -> StoredRequest | None:
        row = self._query("SELECT * FROM requests WHERE request_id = ?", request_id).fetchone()
        return _to_request(row) if row else None

    def receive(self, document: Document, asked: Operation, due_in: float) -> StoredRequest | None:
        """Takes a request, or counts that it came again; None when its key had another meaning before."""
        content = hashlib.sha256(orjson.dumps([asked, document], option=orjson.OPT_SORT_KEYS)).digest()
        earlier = self.find(document["request_id"])
        if earlier is not None:
            if earlier.content_hash != content:
                return None
            self._query("UPDATE requests SET times_received = times_received + 1 WHERE number = ?", earlier.number)
            return earlier
        serial = document["serial_number"]
        named: dict[str, Any] = {
            "request_id": document["request_id"],
            "device_key": build_device_key(serial),
            "asked": asked,
            "content_hash": content,
            "serial_number": serial,
            "received_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "due": time.time() + due_in,
        }
        row = self._store.connection.execute(
            f"INSERT INTO requests ({', '.join(named)}) VALUES ({', '.join('?' * len(named))}) RETURNING *",  # noqa: S608
            tuple(named.values()),
        ).fetchone()
        return _to_request(row)

    def record_answer(self, asking: StoredRequest, outcome: str, text: str, callback: CallbackState) -> bytes:
        """Writes the answer down."""
        answer = orjson.dumps(
            {
                "message_id": f"hea_{uuid.uuid4().hex}",
                "request_id": asking.request_id,
                "outcome": outcome,
                "text": text,
            }
        )
        self._query("UPDATE requests SET answer = ?, callback = ? WHERE number = ?", answer, callback, asking.number)
        return answer

    def list_due(self, now: float, limit: int) -> list[StoredRequest]:
        found = self._query(
            f"SELECT * FROM requests WHERE answer IS NULL AND due <= ? AND device_key NOT IN ({_SILENT})"  # noqa: S608
            " ORDER BY due LIMIT ?",
            now,
            limit,
        )
        return [_to_request(row) for row in found]

    def get_next_due_time(self) -> float | None:
        row = self._query(
            f"SELECT min(due) FROM requests WHERE answer IS NULL AND device_key NOT IN ({_SILENT})"  # noqa: S608
        ).fetchone()
        return row[0]

    def list_waiting(self, limit: int) -> list[tuple[str, bytes]]:
        """Answers to be told, the oldest first."""
        found = self._query(
            "SELECT request_id, answer FROM requests WHERE callback = 'waiting' ORDER BY number LIMIT ?", limit
        )
        return [(row["request_id"], row["answer"]) for row in found]

    def record_delivery(self, sent: Sequence[tuple[str, bytes]], callback: CallbackState, *, posts: int) -> None:
        """What became of telling them. An answer that was dictated anew meanwhile is still to be told."""
        self._store.connection.executemany(
            "UPDATE requests SET callback = ?, callbacks_sent = callbacks_sent + ? WHERE request_id = ? AND answer = ?",
            [(callback, posts, request_id, answer) for request_id, answer in sent],
        )

    def list_newest(self, limit: int) -> Iterable[Document]:
        """For people and tests: what came in, the newest first."""
        for row in self._query("SELECT * FROM requests ORDER BY number DESC LIMIT ?", limit):
            yield {name: row[name] for name in _LIST_COLUMNS} | {"answer": orjson.loads(row["answer"] or b"null")}

    def _query(self, statement: str, *values: Any) -> sqlite3.Cursor:
        return self._store.connection.execute(statement, values)


def _to_request(row: sqlite3.Row) -> StoredRequest:
    return StoredRequest(*(row[name] for name in StoredRequest._fields))

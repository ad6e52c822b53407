"""The requests that the head-end has received, with their answers and callbacks."""

import sqlite3
import uuid
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson

from simulator.head_end.devices import Operation, build_device_key
from simulator.shared.callbacks import Answer, CallbackState
from simulator.shared.contract import Document
from simulator.shared.store import Store, format_now, hash_content

_SILENT = "SELECT device_key FROM devices WHERE state = 'silent'"
_LIST_COLUMNS = ("request_id", "serial_number", "asked", "received_at", "times_received", "callback", "callbacks_sent")


class StoredRequest(NamedTuple):
    """A request in the store; `answer` is None until the head-end has answered."""

    number: int
    request_id: str
    device_key: str
    asked: Operation
    content_hash: bytes
    answer: bytes | None


class RequestRepository:
    """Reads and writes the table of requests; the caller opens transactions, except for callbacks."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, request_id: str) -> StoredRequest | None:
        row = self._execute("SELECT * FROM requests WHERE request_id = ?", request_id).fetchone()
        return _to_request(row) if row else None

    def receive(self, document: Document, operation: Operation, due: float) -> StoredRequest | None:
        """Adds a request, or counts that it came again; returns None if its key was used for another request."""
        content_hash = hash_content([operation, document])
        earlier = self.find(document["request_id"])
        if earlier is None:
            return self._add(document, operation, content_hash, due)
        if earlier.content_hash != content_hash:
            return None
        self._execute("UPDATE requests SET times_received = times_received + 1 WHERE number = ?", earlier.number)
        return earlier

    def _add(self, document: Document, operation: Operation, content_hash: bytes, due: float) -> StoredRequest:
        serial_number = document["serial_number"]
        row = self._execute(
            "INSERT INTO requests (request_id, device_key, asked, content_hash, serial_number, received_at, due)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING *",
            document["request_id"],
            build_device_key(serial_number),
            operation,
            content_hash,
            serial_number,
            format_now(),
            due,
        ).fetchone()
        return _to_request(row)

    def record_answer(self, request: StoredRequest, outcome: str, text: str, callback: CallbackState) -> bytes:
        """Builds the answer, stores it and returns it."""
        answer = orjson.dumps(
            {
                "message_id": f"hea_{uuid.uuid4().hex}",
                "request_id": request.request_id,
                "outcome": outcome,
                "text": text,
            }
        )
        self._execute("UPDATE requests SET answer = ?, callback = ? WHERE number = ?", answer, callback, request.number)
        return answer

    def get_next_due_time(self) -> float | None:
        """Returns when the next answer falls due, in seconds since 1970; silent devices never answer."""
        row = self._execute(
            f"SELECT min(due) FROM requests WHERE answer IS NULL AND device_key NOT IN ({_SILENT})"  # noqa: S608
        ).fetchone()
        return row[0]

    def list_due(self, now: float, limit: int) -> list[StoredRequest]:
        """Returns requests without an answer, in the order in which they fell due."""
        rows = self._execute(
            f"SELECT * FROM requests WHERE answer IS NULL AND due <= ? AND device_key NOT IN ({_SILENT})"  # noqa: S608
            " ORDER BY due LIMIT ?",
            now,
            limit,
        )
        return [_to_request(row) for row in rows]

    def list_waiting(self) -> list[str]:
        """Returns the ids whose answers wait for their callback, the oldest first."""
        rows = self._execute("SELECT request_id FROM requests WHERE callback = 'waiting' ORDER BY number")
        return [row["request_id"] for row in rows]

    def list_answers(self, ids: Iterable[str]) -> list[Answer]:
        """Returns the answers of these requests that still wait for their callback, in the same order."""
        found: dict[str, bytes] = {}
        for request_id in ids:
            row = self._execute(
                "SELECT answer FROM requests WHERE request_id = ? AND callback = 'waiting'", request_id
            ).fetchone()
            if row:
                found[request_id] = row["answer"]
        return list(found.items())

    def record_delivery(self, sent: Sequence[Answer], outcome: CallbackState, *, posts: int) -> None:
        """Records the outcome of a delivery. An answer that was replaced meanwhile still waits for its own."""
        with self._store.transaction():
            self._store.connection.executemany(
                "UPDATE requests SET callback = ?, callbacks_sent = callbacks_sent + ?"
                " WHERE request_id = ? AND answer = ?",
                [(outcome, posts, request_id, answer) for request_id, answer in sent],
            )

    def list_newest(self, limit: int) -> list[Document]:
        """Returns the newest requests with their answers, for people and tests."""
        return [
            {name: row[name] for name in _LIST_COLUMNS} | {"answer": orjson.loads(row["answer"] or b"null")}
            for row in self._execute("SELECT * FROM requests ORDER BY number DESC LIMIT ?", limit)
        ]

    def _execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        return self._store.connection.execute(statement, values)


def _to_request(row: sqlite3.Row) -> StoredRequest:
    return StoredRequest(*(row[name] for name in StoredRequest._fields))

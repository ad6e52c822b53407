"""Searches the DERs by any word that is printed on a bill or a device."""

import sqlite3

import orjson

from simulator.derms.grid_model.resources import format_der_id
from simulator.shared.contract import Document
from simulator.shared.store import Store

_MAX_WORDS = 10


class DerSearch:
    """Reads the DERs, newest first."""

    def __init__(self, store: Store) -> None:
        self._connection = store.connection

    def search(self, query: str, before: int, limit: int) -> list[Document]:
        """Returns the DERs that contain every word of the query, newest first."""
        words = query.casefold().split()[:_MAX_WORDS]
        where = "".join(" AND instr(terms || char(10) || printf('der-%06d', number), ?)" for _ in words)
        rows = self._connection.execute(
            f"SELECT * FROM ders WHERE number < ?{where} ORDER BY number DESC LIMIT ?",  # noqa: S608 (only ? added)
            (before, *words, limit),
        )
        return [_to_document(row) for row in rows]

    def get(self, number: int) -> Document | None:
        """Returns one DER with its history."""
        row = self._connection.execute("SELECT * FROM ders WHERE number = ?", (number,)).fetchone()
        if row is None:
            return None
        history = self._connection.execute(
            "SELECT message_id, kind, version, sequence, subscription, state, at FROM der_history"
            " WHERE der = ? ORDER BY rowid",
            (number,),
        )
        return {**_to_document(row), "history": [dict(change) for change in history]}

    def count_by_state(self) -> dict[str, int]:
        rows = self._connection.execute("SELECT state, count(*) AS number FROM ders GROUP BY state")
        return {"enrolled": 0, "removed": 0, **{row["state"]: row["number"] for row in rows}}


def _to_document(row: sqlite3.Row) -> Document:
    return {
        "id": format_der_id(row["number"]),
        "state": row["state"],
        "device": orjson.loads(row["device"]),
        "customer": {"account": row["account"], "name": row["customer"]},
        "program": row["program"],
        "feeder": row["feeder"],
        "subscription": row["subscription"],
        "updated_at": row["updated_at"],
    }

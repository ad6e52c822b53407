"""The one file that holds all a simulator knows.

sqlite is called straight from the event loop, on purpose: one statement takes tens of microseconds, handing it to a
thread takes longer and would let two requests with the same key meet. WAL with synchronous=NORMAL keeps every
committed transaction through a kill -9; only a power cut may take the last ones, and the sender asks and resends.
"""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    number INTEGER PRIMARY KEY,
    message_id TEXT NOT NULL UNIQUE,
    sync_request_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    content_hash BLOB NOT NULL,
    document BLOB NOT NULL,
    received_at TEXT NOT NULL,
    due REAL NOT NULL,
    times_received INTEGER NOT NULL DEFAULT 1,
    applied INTEGER NOT NULL DEFAULT 0,
    acknowledgement BLOB,
    callback TEXT NOT NULL DEFAULT 'none'
        CHECK (callback IN ('none', 'waiting', 'delivered', 'lost', 'undeliverable')),
    callbacks_sent INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS messages_undecided ON messages (due) WHERE acknowledgement IS NULL;
CREATE INDEX IF NOT EXISTS messages_waiting ON messages (number) WHERE callback = 'waiting';

CREATE TABLE IF NOT EXISTS ders (
    number INTEGER PRIMARY KEY,
    device_id TEXT NOT NULL,
    device_key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('enrolled', 'removed')),
    subscription TEXT NOT NULL,
    program TEXT NOT NULL,
    feeder TEXT,
    account TEXT NOT NULL,
    customer TEXT NOT NULL,
    device BLOB NOT NULL,
    terms TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS ders_by_device ON ders (device_id);
CREATE INDEX IF NOT EXISTS ders_by_key ON ders (device_key);

CREATE TABLE IF NOT EXISTS der_history (
    der INTEGER NOT NULL REFERENCES ders (number),
    message_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    subscription TEXT NOT NULL,
    state TEXT NOT NULL,
    at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS der_history_by_der ON der_history (der);

CREATE TABLE IF NOT EXISTS subscriptions (
    subscription TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL,
    version INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS reference (
    kind TEXT PRIMARY KEY,
    known BLOB NOT NULL
) WITHOUT ROWID;
"""


class Store:
    """One connection, shared by all who keep something here."""

    schema = _SCHEMA

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.connection = sqlite3.connect(path, isolation_level=None, cached_statements=256, timeout=2)
        self.connection.row_factory = sqlite3.Row
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = NORMAL")
        self.connection.execute("PRAGMA wal_autocheckpoint = 4000")
        self.connection.executescript(self.schema)

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All or nothing; the body must not await, or another request would write into it."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def close(self) -> None:
        self.connection.close()

"""The SQLite file that holds everything a simulator knows.

The event loop calls sqlite directly, on purpose: a statement takes tens of microseconds, a thread would take longer and
would let two requests with the same key meet. WAL with synchronous=NORMAL keeps every committed transaction through a
kill -9; only a power cut may lose the last ones, and then the sender asks and sends again.
"""

import hashlib
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson


class Store:
    """One connection that all repositories of a simulator share."""

    def __init__(self, path: Path, schema: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.connection = sqlite3.connect(path, isolation_level=None, cached_statements=256, timeout=2)
        self.connection.row_factory = sqlite3.Row
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = NORMAL")
        self.connection.execute("PRAGMA wal_autocheckpoint = 4000")
        self.connection.executescript(schema)

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Commits the block as a whole or not at all. It must not await, or another request would write into it."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def close(self) -> None:
        self.connection.close()


def hash_content(content: Any) -> bytes:
    """Returns a hash of a JSON value that does not depend on the order of its keys."""
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).digest()


def format_now() -> str:
    """Returns the current time as the store keeps it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")

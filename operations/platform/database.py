"""The engine, the session factory and `transaction()`, which is the only place that commits."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import orjson
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from models.errors import Unavailable
from operations.platform.connection_guard import ConnectionGuard

Sessions = async_sessionmaker[AsyncSession]

_RETRYABLE = frozenset({"40001", "40P01", "55P03"})
"""Serialization failure, deadlock, lock not available: the same transaction may succeed later."""

_UNREACHABLE = frozenset({"08", "53", "57"})
"""Classes of error codes of a server that cannot be used: connection, resources, operator (also while it starts)."""

_READ_ONLY = "25006"
"""A primary that became a standby in a failover keeps its connections, and refuses to write on them."""

_TIMED_OUT = frozenset({"25P03", "25P04"})
"""The server ended the session or the transaction because it took too long."""

_CONFLICTING = frozenset({"23503", "23505", "23514"})
"""Foreign key, unique and check violations: what was read a moment ago has changed."""

DELIVERY_TIME_KEY = "delivers_within"
"""The key in a session's `info` of the time in which its process delivers the outbox messages that it commits."""

ACKNOWLEDGEMENT_TIMEOUT_KEY = "acknowledgement_timeout_seconds"
"""The key in a session's `info` of the time for which workflows started in it wait for an acknowledgement."""

_DISK_FULL = "53100"

_LOST = (OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError)
"""What SQLAlchemy passes on as it is when a connection is lost between connecting and its first statement."""

_TRY_AGAIN = "Try again in a moment."


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


def asyncpg_url(url: str) -> str:
    """Return the address as SQLAlchemy expects it, from any of the usual spellings."""
    scheme, separator, rest = url.partition("://")
    if separator and scheme in ("postgres", "postgresql", "postgresql+asyncpg"):
        return f"postgresql+asyncpg://{rest}"
    raise ValueError("the database address must look like postgresql://user:password@host:port/database")


class StatementCount:
    """Counts the statements that this process sends, BEGIN and COMMIT aside: the cost of a step is measured."""

    def __init__(self) -> None:
        self.sent = 0

    def watch(self, engine: AsyncEngine) -> None:
        """Count every statement of the engine from now on."""
        event.listen(engine.sync_engine, "before_cursor_execute", self._count)

    def _count(self, *_: Any) -> None:
        self.sent += 1


def create_engine(url: str, pool_size: int) -> AsyncEngine:
    """Return a pool of connections on which the server ends a statement that hangs. The pool fails soon when the server
    itself cannot be reached or hangs."""
    guard = ConnectionGuard()
    engine = create_async_engine(
        asyncpg_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        hide_parameters=True,  # they hold personal data, and an error's text travels to logs and into Temporal
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        connect_args={
            "async_creator_fn": guard.connect,
            "timeout": 60,  # a safety net: the guard gives up much sooner
            "server_settings": {
                "application_name": "gridenroll",
                "statement_timeout": "15000",
                "idle_in_transaction_session_timeout": "60000",
                "jit": "off",
            },
        },
    )
    guard.watch(engine)
    event.listen(engine.sync_engine, "handle_error", _leave_read_only_server)
    return engine


def _leave_read_only_server(context: ExceptionContext) -> None:
    """Have the pool drop its connections, so that the next attempt reaches the new primary."""
    if getattr(context.original_exception, "sqlstate", None) == _READ_ONLY:
        context.is_disconnect = True


def create_sessions(
    engine: AsyncEngine,
    *,
    delivers_within: timedelta = timedelta(),
    acknowledgement_timeout: timedelta = timedelta(minutes=15),
) -> Sessions:
    """Return a factory of sessions that never load implicitly after a commit.

    Args:
        engine: the pool of connections.
        delivers_within: for this time the relay leaves the sessions' outbox messages to this process, which delivers
            them itself.
        acknowledgement_timeout: how long the workflows that the sessions start wait for an acknowledgement.
    """
    info = {
        DELIVERY_TIME_KEY: delivers_within,
        ACKNOWLEDGEMENT_TIMEOUT_KEY: acknowledgement_timeout.total_seconds(),
    }
    return async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False, autoflush=False, info=info)


@asynccontextmanager
async def transaction(sessions: Sessions) -> AsyncGenerator[AsyncSession]:
    """One transaction: committed when the block ends, rolled back when it raises.

    Raises:
        Unavailable: the database cannot be reached or is overloaded, or another transaction conflicts; try again.
    """
    try:
        async with sessions() as session:
            yield session
            await session.commit()
    except (PoolTimeoutError, *_LOST) as error:
        raise _unavailable() from error
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None) or ""
        if state == _DISK_FULL:
            raise _unavailable("The database's disk is full.", fix="Free some space there, then try again.") from error
        if state == _READ_ONLY:
            raise _unavailable("The database is read-only at the moment.") from error
        if state in _CONFLICTING:
            raise Unavailable(
                "Another request changed the same records at the same moment.", fix=_TRY_AGAIN, code="raced"
            ) from error
        away = isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated
        if away or state in _RETRYABLE | _TIMED_OUT or state[:2] in _UNREACHABLE:
            raise _unavailable() from error
        raise


def _unavailable(
    detail: str = "The database cannot be reached or is overloaded.", fix: str = _TRY_AGAIN
) -> Unavailable:
    """Return the error without the parameters of the statement, which hold personal data."""
    return Unavailable(detail, fix=fix, code="database-unavailable")

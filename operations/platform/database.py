"""The engine, the session factory and `transaction()`: the only commit in the house."""

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
"""Classes of states of a server that is not to be had: connection, resources, operator (also while it starts)."""

_READ_ONLY = "25006"
"""A primary that became a standby in a failover keeps its connections, and refuses to write on them."""

_TIMED_OUT = frozenset({"25P03", "25P04"})
"""The server ended the session or the transaction because it took too long."""

_CONFLICTING = frozenset({"23503", "23505", "23514"})
"""Foreign key, unique and check violations: what was looked up a moment ago is no longer so."""

DELIVERY_TIME_KEY = "delivers_within"
"""What a session's `info` calls the time in which its process brings to the flows what it has committed for them."""

_DISK_FULL = "53100"

_LOST = (OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError)
"""What SQLAlchemy passes on as it is when a connection is lost between connecting and its first statement."""

_TRY_AGAIN = "Try again in a moment."


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


def asyncpg_url(url: str) -> str:
    """The address as SQLAlchemy wants it, whichever of the usual spellings it came in."""
    scheme, separator, rest = url.partition("://")
    if separator and scheme in ("postgres", "postgresql", "postgresql+asyncpg"):
        return f"postgresql+asyncpg://{rest}"
    raise ValueError("the database address must look like postgresql://user:password@host:port/database")


class StatementCount:
    """How many statements this process has sent, BEGIN and COMMIT aside: what a step costs is counted, not guessed."""

    def __init__(self) -> None:
        self.sent = 0

    def watch(self, engine: AsyncEngine) -> None:
        """Counts every statement of the engine from now on."""
        event.listen(engine.sync_engine, "before_cursor_execute", self._count)

    def _count(self, *_: Any) -> None:
        self.sent += 1


def create_engine(url: str, pool_size: int) -> AsyncEngine:
    """Returns a pool of connections on which the server ends a statement that hangs, and which fails soon when the
    server itself is away or hangs."""
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
            "timeout": 60,  # a net: the guard gives up much sooner
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
    """Has the pool drop its connections, so that the next attempt reaches the new primary."""
    if getattr(context.original_exception, "sqlstate", None) == _READ_ONLY:
        context.is_disconnect = True


def create_sessions(engine: AsyncEngine, *, delivers_within: timedelta = timedelta()) -> Sessions:
    """Sessions that never fetch by themselves after a commit. `delivers_within`: for so long the relay leaves what they
    put into the outbox to the process itself, which stands by to deliver it."""
    info = {DELIVERY_TIME_KEY: delivers_within}
    return async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False, autoflush=False, info=info)


@asynccontextmanager
async def transaction(sessions: Sessions) -> AsyncGenerator[AsyncSession]:
    """One transaction: committed when the block ends, rolled back when it raises.

    Raises:
        Unavailable: the database is away or overloaded, or another transaction got in the way; try the same again.
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
    """Says it without the statement's parameters, which hold personal data."""
    return Unavailable(detail, fix=fix, code="database-unavailable")

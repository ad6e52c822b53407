"""Keeps a database that is away or hangs from holding everybody for as long as their time-outs.

Two things happen per engine. While connecting fails, one caller at a time tries again and the others fail at once. And
when a connection has been in use for a second, the database is asked on a fresh connection whether it answers: if it
does not, every connection in use is cut, and whoever waits on one fails and tries again later.
"""

import asyncio
import contextlib
from typing import Any, Final, cast

import asyncpg
import structlog
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

log = structlog.get_logger()

_CONNECTS_WITHIN_SECONDS: Final = 3.0
_ASKS_AFTER_SECONDS: Final = 1.0
_ANSWERS_WITHIN_SECONDS: Final = 2.0
_TICK_SECONDS: Final = 0.1
_PAUSE_SECONDS: Final = 1.0


class ConnectionGuard:
    """Opens the connections of one engine, and watches those in use."""

    def __init__(self) -> None:
        self._failing = False
        self._trying = False
        self._closed_until = 0.0
        self._arguments: tuple[tuple[Any, ...], dict[str, Any]] | None = None
        self._in_use: dict[Any, asyncio.TimerHandle] = {}
        self._probe: asyncio.Task[None] | None = None

    def watch(self, engine: AsyncEngine) -> None:
        """Watches every connection of the engine from now on."""
        pool = engine.sync_engine.pool
        event.listen(pool, "checkout", self._checked_out)
        event.listen(pool, "checkin", self._checked_in)
        event.listen(pool, "invalidate", self._invalidated)

    async def connect(self, *args: Any, **options: Any) -> Any:
        """Opens a connection, as `asyncpg.connect` does.

        Raises:
            ConnectionRefusedError: the database was not reachable a moment ago, and somebody else is trying.
        """
        now = asyncio.get_running_loop().time()
        if self._failing and (self._trying or now < self._closed_until):
            raise ConnectionRefusedError("The database was not reachable a moment ago.")
        self._arguments = args, options
        tries, self._trying = self._failing, self._failing
        try:
            connection = await _open(args, options, _CONNECTS_WITHIN_SECONDS)
        except (OSError, asyncpg.PostgresError):
            self._fail()
            raise
        finally:
            if tries:
                self._trying = False
        self._failing = False
        return connection

    def _fail(self) -> None:
        self._failing = True
        self._closed_until = asyncio.get_running_loop().time() + _PAUSE_SECONDS

    def _checked_out(self, connection: Any, *_: Any) -> None:
        raw = connection.driver_connection
        self._in_use[raw] = asyncio.get_running_loop().call_later(_ASKS_AFTER_SECONDS, self._waited, raw)

    def _checked_in(self, connection: Any, *_: Any) -> None:
        if connection is not None:
            self._release(connection.driver_connection)

    def _invalidated(self, connection: Any, *_: Any) -> None:
        """Cuts it: asyncpg's orderly close waits for an answer of the server, without a limit."""
        self._release(connection.driver_connection)
        connection.driver_connection.terminate()

    def _release(self, raw: Any) -> None:
        if (timer := self._in_use.pop(raw, None)) is not None:
            timer.cancel()

    def _waited(self, raw: Any) -> None:
        loop = asyncio.get_running_loop()
        self._in_use[raw] = loop.call_later(_ASKS_AFTER_SECONDS, self._waited, raw)
        if self._probe is None or self._probe.done():
            self._probe = loop.create_task(self._ask())

    async def _ask(self) -> None:
        """Any answer will do, a refusal too."""
        if self._arguments is None:
            return
        args, options = self._arguments
        try:
            connection = await _open(args, options, _ANSWERS_WITHIN_SECONDS)
        except TimeoutError:
            self._fail()
            log.warning("the database does not answer: the connections in use are cut", connections=len(self._in_use))
            for raw in list(self._in_use):
                raw.terminate()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return
        else:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.close(timeout=_ANSWERS_WITHIN_SECONDS)


async def _open(args: tuple[Any, ...], options: dict[str, Any], within_seconds: float) -> Any:
    """Connects within a time in which this process is attentive.

    The time is counted in ticks: a process that is busy for seconds with something else would take its own deafness for
    a database that does not answer.

    Raises:
        TimeoutError: the database did not answer.
    """
    # asyncpg brings no types.
    opening = asyncio.ensure_future(cast(Any, asyncpg.connect(*args, **options)))  # pyright: ignore[reportUnknownMemberType]
    try:
        for _ in range(round(within_seconds / _TICK_SECONDS)):
            await asyncio.wait({opening}, timeout=_TICK_SECONDS)
            if opening.done():
                return opening.result()
        raise TimeoutError("The database does not answer.")
    finally:
        opening.cancel()

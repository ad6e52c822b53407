"""A guard that makes callers fail soon when the database cannot be reached or hangs, instead of at their time-outs.

It does two things for each engine. While connecting fails, one caller at a time tries again and the others fail at
once. And when a connection has been in use for a second, a probe on a fresh connection checks that the database
answers: if not, every connection in use is closed, and whoever waits on one fails and tries again later.
"""

import asyncio
import contextlib
from typing import Any, Final, cast

import asyncpg
import structlog
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

log = structlog.get_logger()

_CONNECT_TIMEOUT_SECONDS: Final = 3.0
_PROBE_AFTER_SECONDS: Final = 1.0
_PROBE_TIMEOUT_SECONDS: Final = 2.0
_TICK_SECONDS: Final = 0.1
_RETRY_PAUSE_SECONDS: Final = 1.0


class ConnectionGuard:
    """Opens the connections of one engine, and watches the ones in use."""

    def __init__(self) -> None:
        self._is_failing = False
        self._is_retrying = False
        self._retry_at = 0.0
        self._arguments: tuple[tuple[Any, ...], dict[str, Any]] | None = None
        self._in_use: dict[Any, asyncio.TimerHandle] = {}
        self._probe: asyncio.Task[None] | None = None

    def watch(self, engine: AsyncEngine) -> None:
        """Watch every connection of the engine from now on."""
        pool = engine.sync_engine.pool
        event.listen(pool, "checkout", self._on_checkout)
        event.listen(pool, "checkin", self._on_checkin)
        event.listen(pool, "invalidate", self._on_invalidate)

    async def connect(self, *args: Any, **options: Any) -> Any:
        """Open a connection, as `asyncpg.connect` does.

        Raises:
            ConnectionRefusedError: the database was not reachable a moment ago, and another caller is trying.
        """
        now = asyncio.get_running_loop().time()
        if self._is_failing and (self._is_retrying or now < self._retry_at):
            raise ConnectionRefusedError("The database was not reachable a moment ago.")
        self._arguments = args, options
        tries, self._is_retrying = self._is_failing, self._is_failing
        try:
            connection = await _connect_within(args, options, _CONNECT_TIMEOUT_SECONDS)
        except (OSError, asyncpg.PostgresError):
            self._mark_failing()
            raise
        finally:
            if tries:
                self._is_retrying = False
        self._is_failing = False
        return connection

    def _mark_failing(self) -> None:
        self._is_failing = True
        self._retry_at = asyncio.get_running_loop().time() + _RETRY_PAUSE_SECONDS

    def _on_checkout(self, connection: Any, *_: Any) -> None:
        raw = connection.driver_connection
        self._in_use[raw] = asyncio.get_running_loop().call_later(_PROBE_AFTER_SECONDS, self._on_slow_statement, raw)

    def _on_checkin(self, connection: Any, *_: Any) -> None:
        if connection is not None:
            self._stop_watching(connection.driver_connection)

    def _on_invalidate(self, connection: Any, *_: Any) -> None:
        """Close the connection at once: asyncpg's orderly close waits for the server without a limit."""
        self._stop_watching(connection.driver_connection)
        connection.driver_connection.terminate()

    def _stop_watching(self, raw: Any) -> None:
        if (timer := self._in_use.pop(raw, None)) is not None:
            timer.cancel()

    def _on_slow_statement(self, raw: Any) -> None:
        loop = asyncio.get_running_loop()
        self._in_use[raw] = loop.call_later(_PROBE_AFTER_SECONDS, self._on_slow_statement, raw)
        if self._probe is None or self._probe.done():
            self._probe = loop.create_task(self._probe_database())

    async def _probe_database(self) -> None:
        """Check that the database answers at all; a refusal is an answer."""
        if self._arguments is None:
            return
        args, options = self._arguments
        try:
            connection = await _connect_within(args, options, _PROBE_TIMEOUT_SECONDS)
        except TimeoutError:
            self._mark_failing()
            log.warning("the database does not answer: the connections in use are cut", connections=len(self._in_use))
            for raw in list(self._in_use):
                raw.terminate()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return
        else:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.close(timeout=_PROBE_TIMEOUT_SECONDS)


async def _connect_within(args: tuple[Any, ...], options: dict[str, Any], within_seconds: float) -> Any:
    """Connect within a time that counts only while this process runs its event loop.

    The time is counted in ticks: a process that is busy with something else for seconds would mistake its own delay for
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

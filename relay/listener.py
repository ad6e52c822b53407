"""Listens to PostgreSQL for new messages in the outbox, so that the relay need not poll."""

import asyncio
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from models.errors import Unavailable
from operations.platform.outbox import CHANNEL

_CHECK_INTERVAL_SECONDS = 5.0


class OutboxListener:
    """One connection beside the pool, opened again when it is lost. Behind a pooler that passes no notifications on,
    it is enough that the relay looks every few seconds."""

    def __init__(self, engine: AsyncEngine, heard: Callable[[], None]) -> None:
        """`engine`: an engine with one connection, for this alone. `heard` is called for each notification."""
        self._engine = engine
        self._on_notification = heard
        self._connection: AsyncConnection | None = None
        self._driver_connection: Any = None

    async def run_once(self) -> None:
        """Connects if necessary, and keeps the connection open for some seconds.

        Raises:
            Unavailable: the database is down.
        """
        try:
            if self._driver_connection is None or self._driver_connection.is_closed():
                await self._connect()
        except (OSError, TimeoutError, DBAPIError) as error:
            raise Unavailable("The database cannot be reached.", code="database-unavailable") from error
        await asyncio.sleep(_CHECK_INTERVAL_SECONDS)

    async def close(self) -> None:
        """Closes the connection."""
        if self._connection is not None:
            await self._connection.invalidate()
            await self._connection.close()
        self._connection = self._driver_connection = None

    def _handle_notification(self, *_: Any) -> None:
        self._on_notification()

    async def _connect(self) -> None:
        await self.close()
        self._connection = await self._engine.connect()
        self._driver_connection = (await self._connection.get_raw_connection()).driver_connection
        await self._driver_connection.add_listener(CHANNEL, self._handle_notification)
        # Nobody was notified of what was committed while nobody listened.
        self._on_notification()

"""Hears from PostgreSQL that a transaction has put something into the outbox, so that the relay need not ask."""

import asyncio
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from models.errors import Unavailable
from operations.outbox import CHANNEL

_LOOK_EVERY_SECONDS = 5.0


class OutboxListener:
    """One connection beside the pool, made anew when it is lost. Behind a pooler that passes no notifications on,
    the relay's own look every few seconds is enough."""

    def __init__(self, engine: AsyncEngine, heard: Callable[[], None]) -> None:
        """`engine` has its only connection taken; `heard` is called for each notification."""
        self._engine = engine
        self._heard = heard
        self._held: AsyncConnection | None = None
        self._driver: Any = None

    async def turn(self) -> None:
        """Connects if need be, and looks after the connection for some seconds.

        Raises:
            Unavailable: the database is away.
        """
        try:
            if self._driver is None or self._driver.is_closed():
                await self._connect()
        except (OSError, TimeoutError, DBAPIError) as error:
            raise Unavailable("The database cannot be listened to.", code="database-unavailable") from error
        await asyncio.sleep(_LOOK_EVERY_SECONDS)

    async def close(self) -> None:
        """Ends the connection."""
        if self._held is not None:
            await self._held.invalidate()
            await self._held.close()
        self._held = self._driver = None

    def _notified(self, *_: Any) -> None:
        self._heard()

    async def _connect(self) -> None:
        await self.close()
        self._held = await self._engine.connect()
        self._driver = (await self._held.get_raw_connection()).driver_connection
        await self._driver.add_listener(CHANNEL, self._notified)
        # What was committed while nobody listened has notified nobody.
        self._heard()

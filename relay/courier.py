"""Brings what a transaction put into the outbox to its flow right after the commit, without making anyone wait.

Best effort: what does not arrive stays in the outbox and the relay brings it.
"""

import asyncio
from contextlib import suppress

import structlog
from temporalio.client import Client

from connectors.temporal.deliver import Delivered, deliver
from models.errors import Unavailable
from operations import outbox
from operations.database import Sessions, transaction

log = structlog.get_logger()

_AT_ONCE = 16
_ROOM = 2000
_ROWS_A_DELETE = 200


class Courier:
    """A few tasks that deliver, and one that forgets what was delivered, many rows at a time."""

    def __init__(self, client: Client, sessions: Sessions) -> None:
        self._client = client
        self._sessions = sessions
        self._waiting: asyncio.Queue[outbox.Delivery] = asyncio.Queue(_ROOM)
        self._arrived: asyncio.Queue[int] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begins to deliver; needs a running loop."""
        self._tasks = [asyncio.create_task(self._deliver()) for _ in range(_AT_ONCE)]
        self._tasks.append(asyncio.create_task(self._forget()))

    async def stop(self) -> None:
        """Finishes what is under way and leaves the rest to the relay."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def take(self, deliveries: list[outbox.Delivery]) -> None:
        """Takes what was committed; what finds no room waits for the relay."""
        with suppress(asyncio.QueueFull):
            for delivery in deliveries:
                self._waiting.put_nowait(delivery)

    async def _deliver(self) -> None:
        while True:
            one = await self._waiting.get()
            outcome = await deliver(self._client, one.kind, one.workflow_id, one.name, one.payload)
            if outcome is Delivered.ARRIVED:
                self._arrived.put_nowait(one.id)
            else:
                log.info("left to the relay", workflow=one.workflow_id, message=one.name, outcome=outcome)

    async def _forget(self) -> None:
        while True:
            ids = [await self._arrived.get()]
            # A little patience makes one statement of many.
            await asyncio.sleep(0.1)
            while not self._arrived.empty() and len(ids) < _ROWS_A_DELETE:
                ids.append(self._arrived.get_nowait())
            try:
                async with transaction(self._sessions) as session:
                    await outbox.delivered(session, ids)
            except Unavailable:
                log.info("delivered rows stay in the outbox; bringing them again changes nothing", rows=len(ids))

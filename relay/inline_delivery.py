"""Delivers the messages of a transaction right after its commit, without making the caller wait.

Best effort: a message that is not delivered stays in the outbox, and the relay delivers it.
"""

import asyncio
from contextlib import suppress
from typing import TypeVar

import structlog
from temporalio.client import Client

from connectors.temporal.deliver import DeliveryOutcome
from models.errors import Unavailable
from operations.platform import outbox
from operations.platform.database import Sessions, transaction
from relay.attempt import try_deliver
from relay.supervisor import Supervisor

log = structlog.get_logger()

T = TypeVar("T")

_CONCURRENCY = 16
_QUEUE_SIZE = 2000
_ROWS_PER_DELETE = 200
_MAX_IDLE_SECONDS = 5.0
_BATCHING_DELAY_SECONDS = 0.1


class InlineDelivery:
    """A few tasks that deliver messages, and one that deletes delivered messages, many rows at a time."""

    def __init__(self, client: Client, sessions: Sessions) -> None:
        self._client = client
        self._sessions = sessions
        self._pending: asyncio.Queue[outbox.Delivery] = asyncio.Queue(_QUEUE_SIZE)
        self._delivered: asyncio.Queue[int] = asyncio.Queue()

    def start(self, supervisor: Supervisor) -> None:
        """Starts the tasks; needs a running event loop. When the supervisor stops, the relay delivers the rest."""
        for number in range(1, _CONCURRENCY + 1):
            supervisor.start(f"courier {number}", self.deliver_next)
        supervisor.start("courier cleanup", self.delete_delivered)

    def enqueue(self, deliveries: list[outbox.Delivery]) -> None:
        """Queues committed messages for delivery. When the queue is full, the relay delivers them."""
        with suppress(asyncio.QueueFull):
            for delivery in deliveries:
                self._pending.put_nowait(delivery)

    async def deliver_next(self) -> None:
        """Delivers one message; returns after some seconds if none comes."""
        delivery = await _get_next(self._pending)
        if delivery is None:
            return
        result = await try_deliver(self._client, delivery)
        if result is not None and result.outcome is DeliveryOutcome.DELIVERED:
            self._delivered.put_nowait(delivery.id)
        else:
            outcome = result.outcome if result is not None else "failed"
            log.info("left to the relay", workflow=delivery.workflow_id, name=delivery.name, outcome=outcome)

    async def delete_delivered(self) -> None:
        """Deletes delivered messages. While the database is down they stay; delivering them again changes nothing."""
        first = await _get_next(self._delivered)
        if first is None:
            return
        ids = [first]
        # A short delay turns many statements into one.
        await asyncio.sleep(_BATCHING_DELAY_SECONDS)
        while not self._delivered.empty() and len(ids) < _ROWS_PER_DELETE:
            ids.append(self._delivered.get_nowait())
        try:
            async with transaction(self._sessions) as session:
                await outbox.delete_delivered(session, ids)
        except Unavailable:
            log.info("delivered rows stay in the outbox", rows=len(ids))
            raise


async def _get_next(queue: asyncio.Queue[T]) -> T | None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_MAX_IDLE_SECONDS):
            return await queue.get()
    return None

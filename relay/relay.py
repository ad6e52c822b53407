"""Brings what was left in the outbox: written while Temporal was away, or by a process that died after its commit."""

import asyncio

import structlog
from temporalio.client import Client

from connectors.temporal.deliver import Delivered, deliver
from models.errors import Unavailable
from operations import outbox
from operations.database import Sessions, transaction

log = structlog.get_logger()

_ROWS = 100
_PAUSE_SECONDS = 1.0
_AT_ONCE = 16


async def run(client: Client, sessions: Sessions) -> None:
    """Relays until cancelled. Several may run: rows are claimed for a time, and delivering twice changes nothing."""
    while True:
        try:
            busy = await relay_once(client, sessions)
        except Unavailable:
            log.warning("the relay cannot reach the database")
            busy = 0
        if busy < _ROWS:
            await asyncio.sleep(_PAUSE_SECONDS)


async def relay_once(client: Client, sessions: Sessions) -> int:
    """Claims due rows, delivers them, forgets those that arrived; gives how many were claimed.

    Raises:
        Unavailable: the database is away.
    """
    async with transaction(sessions) as session:
        claimed = await outbox.claim(session, _ROWS)
    gate = asyncio.Semaphore(_AT_ONCE)

    async def bring(one: outbox.Delivery) -> int | None:
        async with gate:
            outcome = await deliver(client, one.kind, one.workflow_id, one.name, one.payload)
        if outcome is Delivered.NO_SUCH_FLOW:
            # Each flow's rows come in order, so its start arrived before: the flow has ended and needs nothing more.
            log.warning("a flow that has ended is sent a message", workflow=one.workflow_id, message=one.name)
        return None if outcome is Delivered.LATER else one.id

    arrived = [row for row in await asyncio.gather(*map(bring, claimed)) if row is not None]
    if arrived:
        async with transaction(sessions) as session:
            await outbox.delivered(session, arrived)
        log.info("relayed", rows=len(arrived))
    return len(claimed)

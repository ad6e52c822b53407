"""Delivers the messages left in the outbox: Temporal was down, or a process died right after its commit."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import uniform

import structlog
from temporalio.client import Client

from connectors.temporal.deliver import DeliveryOutcome, DeliveryResult
from operations.platform import outbox
from operations.platform.database import Sessions, transaction
from operations.platform.outbox import Delivery, UndeliveredMessage
from relay.attempt import try_deliver

log = structlog.get_logger()

MAX_BATCH_SIZE = 500
_CONCURRENCY = 50
_BATCH_GROWTH_FACTOR = 4
_MAX_IDLE = timedelta(seconds=5)
"""How long a message waits at most whose notification was lost, or whose own process died."""
_MAX_PAUSE = timedelta(seconds=10)
_MAX_BACKOFF = timedelta(seconds=60)

_TEMPORAL_UNAVAILABLE = frozenset({DeliveryOutcome.UNAVAILABLE, DeliveryOutcome.UNPREPARED})


class Relay:
    """Claims due messages, hundreds at a time, and delivers them.

    Several relays may run: a claim expires, and delivering a message twice changes nothing.

    While Temporal does not answer, the relay tries one message, less and less often, and leaves the others alone.
    """

    def __init__(self, client: Client, sessions: Sessions, prepare: Callable[[], Awaitable[object]]) -> None:
        """`prepare` registers our search attributes, when the namespace turns out to be new."""
        self._client = client
        self._sessions = sessions
        self._prepare = prepare
        self._batch_size = MAX_BATCH_SIZE
        self._consecutive_outages = 0
        self.wake = asyncio.Event()
        """Set when there may be something to deliver."""

    async def run_once(self) -> None:
        """Delivers one batch; if nothing is due, waits until something may be.

        Raises:
            Unavailable: the database is down.
        """
        self.wake.clear()
        async with transaction(self._sessions) as session:
            claimed = await outbox.claim(session, self._batch_size)
            next_due = None if claimed else await outbox.get_next_due(session)
        if not claimed:
            await self._wait_for_work(next_due)
            return
        await self._deliver(claimed)
        if self._consecutive_outages:
            pause = min(timedelta(seconds=0.25 * 2 ** min(self._consecutive_outages, 8)), _MAX_PAUSE)
            await asyncio.sleep(pause.total_seconds() * uniform(0.8, 1.2))  # noqa: S311 - jitter, no secret

    async def _wait_for_work(self, next_due: datetime | None) -> None:
        until_due = next_due - datetime.now(UTC) if next_due else _MAX_IDLE
        try:
            async with asyncio.timeout(max(0.0, min(until_due, _MAX_IDLE).total_seconds())):
                await self.wake.wait()
        except TimeoutError:
            return

    async def _deliver(self, claimed: Sequence[Delivery]) -> None:
        gate = asyncio.Semaphore(_CONCURRENCY)
        away: list[DeliveryResult] = []

        async def try_one(one: Delivery) -> tuple[Delivery, DeliveryResult | None, bool]:
            async with gate:
                if away:
                    return one, away[0], False
                result = await try_deliver(self._client, one)
                if result is not None and result.outcome in _TEMPORAL_UNAVAILABLE:
                    away.append(result)
                return one, result, True

        attempts = await asyncio.gather(*map(try_one, claimed))
        await self._record_results(attempts)
        await self._adjust_pace(away)

    async def _record_results(self, attempts: Sequence[tuple[Delivery, DeliveryResult | None, bool]]) -> None:
        done = [one.id for one, result, _ in attempts if result is not None and _needs_no_delivery(one, result)]
        left = [_to_not_delivered(*one) for one in attempts if one[1] is None or one[0].id not in set(done)]
        async with transaction(self._sessions) as session:
            if done:
                await outbox.delete_delivered(session, done)
            if left:
                await outbox.record_undelivered(session, left)
        if done:
            log.info("relayed", rows=len(done))

    async def _adjust_pace(self, away: Sequence[DeliveryResult]) -> None:
        if not away:
            self._batch_size, self._consecutive_outages = (
                min(self._batch_size * _BATCH_GROWTH_FACTOR, MAX_BATCH_SIZE),
                0,
            )
            return
        if not self._consecutive_outages:
            log.warning("Temporal takes no messages; they wait in the outbox", error=away[0].error)
        self._batch_size, self._consecutive_outages = 1, self._consecutive_outages + 1
        if any(result.outcome is DeliveryOutcome.UNPREPARED for result in away):
            await self._prepare()


def _needs_no_delivery(one: Delivery, result: DeliveryResult) -> bool:
    if result.outcome is DeliveryOutcome.WORKFLOW_ENDED:
        # The messages of a workflow are delivered in order, so its start has arrived before: it has ended.
        log.info("a workflow that has ended is sent a message", workflow=one.workflow_id, name=one.name)
        return True
    return result.outcome is DeliveryOutcome.DELIVERED


def _to_not_delivered(one: Delivery, result: DeliveryResult | None, tried: bool) -> UndeliveredMessage:
    now = datetime.now(UTC)
    if not tried:
        return UndeliveredMessage(one.id, now, "", tried=False)
    backoff = min(timedelta(seconds=0.25 * 2 ** min(one.attempts, 10)), _MAX_BACKOFF)
    error = result.error if result is not None else "The message could not be read."
    refused = result is not None and result.outcome is DeliveryOutcome.REFUSED
    if refused:
        log.error("a message is undeliverable", message=one.id, workflow=one.workflow_id, name=one.name, error=error)
    return UndeliveredMessage(one.id, now + backoff, error, undeliverable=refused)

"""Delivers what was left in the outbox: written while Temporal was away, or by a process that died after its commit."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import uniform

import structlog
from temporalio.client import Client

from connectors.temporal.deliver import Outcome, Result
from operations import outbox
from operations.database import Sessions, transaction
from operations.outbox import Delivery, NotDelivered
from relay.attempt import attempt

log = structlog.get_logger()

LARGEST_BATCH = 500
_AT_ONCE = 50
_GROWTH = 4
_LONGEST_IDLE = timedelta(seconds=5)
"""A net below the notifications: a lost one, or a row whose own process died, waits no longer than this."""
_LONGEST_PAUSE = timedelta(seconds=10)
_LONGEST_BACKOFF = timedelta(seconds=60)

_AWAY = frozenset({Outcome.UNAVAILABLE, Outcome.UNPREPARED})


class Relay:
    """Claims due messages, hundreds at a time, and delivers them. Several may run: rows are claimed for a time, and
    delivering twice changes nothing.

    While Temporal does not answer it knocks with one message, more and more rarely; the backlog is not touched.
    """

    def __init__(self, client: Client, sessions: Sessions, prepare: Callable[[], Awaitable[object]]) -> None:
        """`prepare` registers what the namespace must know, when it turns out to be a new one."""
        self._client = client
        self._sessions = sessions
        self._prepare = prepare
        self._batch = LARGEST_BATCH
        self._away = 0
        self.wake = asyncio.Event()
        """Set when there may be something to deliver."""

    async def turn(self) -> None:
        """Delivers one batch; with nothing due, waits until something may be.

        Raises:
            Unavailable: the database is away.
        """
        self.wake.clear()
        async with transaction(self._sessions) as session:
            claimed = await outbox.claim(session, self._batch)
            next_due = None if claimed else await outbox.next_due(session)
        if not claimed:
            await self._idle(next_due)
            return
        await self._deliver(claimed)
        if self._away:
            pause = min(timedelta(seconds=0.25 * 2 ** min(self._away, 8)), _LONGEST_PAUSE)
            await asyncio.sleep(pause.total_seconds() * uniform(0.8, 1.2))  # noqa: S311 - jitter, no secret

    async def _idle(self, next_due: datetime | None) -> None:
        until_due = next_due - datetime.now(UTC) if next_due else _LONGEST_IDLE
        try:
            async with asyncio.timeout(max(0.0, min(until_due, _LONGEST_IDLE).total_seconds())):
                await self.wake.wait()
        except TimeoutError:
            return

    async def _deliver(self, claimed: Sequence[Delivery]) -> None:
        gate = asyncio.Semaphore(_AT_ONCE)
        away: list[Result] = []

        async def bring(one: Delivery) -> tuple[Delivery, Result | None, bool]:
            async with gate:
                if away:
                    return one, away[0], False
                result = await attempt(self._client, one)
                if result is not None and result.outcome in _AWAY:
                    away.append(result)
                return one, result, True

        brought = await asyncio.gather(*map(bring, claimed))
        await self._write_down(brought)
        await self._pace(away)

    async def _write_down(self, brought: Sequence[tuple[Delivery, Result | None, bool]]) -> None:
        done = [one.id for one, result, _ in brought if result is not None and _is_done(one, result)]
        left = [_left(*one) for one in brought if one[1] is None or one[0].id not in set(done)]
        async with transaction(self._sessions) as session:
            if done:
                await outbox.delivered(session, done)
            if left:
                await outbox.settle(session, left)
        if done:
            log.info("relayed", rows=len(done))

    async def _pace(self, away: Sequence[Result]) -> None:
        if not away:
            self._batch, self._away = min(self._batch * _GROWTH, LARGEST_BATCH), 0
            return
        if not self._away:
            log.warning("Temporal takes no messages; they wait in the outbox", error=away[0].error)
        self._batch, self._away = 1, self._away + 1
        if any(result.outcome is Outcome.UNPREPARED for result in away):
            await self._prepare()


def _is_done(one: Delivery, result: Result) -> bool:
    if result.outcome is Outcome.WORKFLOW_ENDED:
        # Each workflow's rows come in order, so its start arrived before: it has ended and needs nothing more.
        log.info("a workflow that has ended is sent a message", workflow=one.workflow_id, name=one.name)
        return True
    return result.outcome is Outcome.DELIVERED


def _left(one: Delivery, result: Result | None, tried: bool) -> NotDelivered:
    now = datetime.now(UTC)
    if not tried:
        return NotDelivered(one.id, now, "", tried=False)
    backoff = min(timedelta(seconds=0.25 * 2 ** min(one.attempts, 10)), _LONGEST_BACKOFF)
    error = result.error if result is not None else "The message could not be read."
    refused = result is not None and result.outcome is Outcome.REFUSED
    if refused:
        log.error("a message is undeliverable", message=one.id, workflow=one.workflow_id, name=one.name, error=error)
    return NotDelivered(one.id, now + backoff, error, undeliverable=refused)

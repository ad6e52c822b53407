"""Enrolls customers at a steady concurrency: each slot submits an enrollment and waits until it is synchronized."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import asyncpg
import httpx

_POLL_SECONDS = 0.025
_TIMEOUT_SECONDS = 120


@dataclass(frozen=True)
class Measurement:
    """The times of one phase, in milliseconds unless the name says otherwise."""

    count: int
    seconds: float
    accept_ms: list[float]
    synchronized_ms: list[float]

    @property
    def rate(self) -> float:
        """Returns synchronized enrollments per second."""
        return self.count / self.seconds


class SynchronizationWatch:
    """Finds out when enrollments are synchronized, with one query for all of them."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self._waiting: dict[str, asyncio.Future[float]] = {}

    async def wait_for(self, enrollment: str) -> float:
        """Waits for an enrollment; returns the milliseconds from its submission to its acknowledgement."""
        future = asyncio.get_running_loop().create_future()
        self._waiting[enrollment] = future
        return await asyncio.wait_for(future, _TIMEOUT_SECONDS)

    async def poll(self) -> None:
        """Queries the database until it is cancelled."""
        while True:
            await asyncio.sleep(_POLL_SECONDS)
            if self._waiting:
                rows = await self._database.fetch(
                    "SELECT e.id, extract(epoch FROM s.acknowledged_at - e.submitted_at) * 1000 AS ms"
                    " FROM enrollment e JOIN sync_request s ON s.enrollment_id = e.id"
                    " WHERE e.id = ANY($1) AND s.state = 'synchronized'",
                    list(self._waiting),
                )
                for row in rows:
                    self._waiting.pop(row["id"]).set_result(float(row["ms"]))


async def enroll_all(stack: dict[str, Any], applications: list[dict[str, Any]], concurrency: int) -> Measurement:
    """Submits all applications, `concurrency` at a time, and waits for each acknowledgement."""
    accept_ms: list[float] = []
    synchronized_ms: list[float] = []
    remaining = iter(applications)
    async with _watch_synchronizations(stack["database_url"]) as watch, _open_api(stack, concurrency) as http:

        async def slot() -> None:
            for application in remaining:
                began = time.perf_counter()
                response = await http.post("/v1/program-enrollments", json=application)
                accept_ms.append((time.perf_counter() - began) * 1000)
                response.raise_for_status()
                synchronized_ms.append(await watch.wait_for(response.json()["id"]))

        began = time.perf_counter()
        await asyncio.gather(*(slot() for _ in range(concurrency)))
        seconds = time.perf_counter() - began
    return Measurement(len(applications), seconds, accept_ms, synchronized_ms)


@asynccontextmanager
async def _watch_synchronizations(database_url: str) -> AsyncGenerator[SynchronizationWatch]:
    # asyncpg brings no types.
    database = cast(Any, await asyncpg.connect(database_url))  # pyright: ignore[reportUnknownMemberType]
    watch = SynchronizationWatch(database)
    polling = asyncio.create_task(watch.poll())
    yield watch
    polling.cancel()
    await database.close()


def _open_api(stack: dict[str, Any], concurrency: int) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {stack['token']}"}
    limits = httpx.Limits(max_connections=concurrency)
    return httpx.AsyncClient(base_url=stack["api_url"], headers=headers, limits=limits, timeout=60)

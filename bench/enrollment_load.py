"""Enrols at a steady concurrency: each slot asks, waits until the DERMS has acknowledged, and asks again."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any, cast

import asyncpg
import httpx

_POLL_SECONDS = 0.025
_TIMEOUT_SECONDS = 120


@dataclass(frozen=True)
class Measurement:
    """One phase: enrolments a second, and times in milliseconds."""

    count: int
    seconds: float
    accept_ms: list[float]
    synchronized_ms: list[float]

    @property
    def rate(self) -> float:
        """Enrolments a second, accepted to synchronized."""
        return self.count / self.seconds


class SynchronizationWatch:
    """Sees in the database when enrolments are synchronized: one look for all of them."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self._waiting: dict[str, asyncio.Future[float]] = {}

    async def wait_for(self, enrollment: str) -> float:
        """Waits for it; gives the milliseconds from its submission to its acknowledgement."""
        future = asyncio.get_running_loop().create_future()
        self._waiting[enrollment] = future
        return await asyncio.wait_for(future, _TIMEOUT_SECONDS)

    async def poll(self) -> None:
        """Looks until cancelled."""
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
    """Carries all applications through, so many at a time."""
    # asyncpg brings no types.
    database = cast(Any, await asyncpg.connect(stack["database_url"]))  # pyright: ignore[reportUnknownMemberType]
    watch = SynchronizationWatch(database)
    looking = asyncio.create_task(watch.poll())
    accept_ms: list[float] = []
    synchronized_ms: list[float] = []
    remaining = iter(applications)
    headers = {"Authorization": f"Bearer {stack['token']}"}
    limits = httpx.Limits(max_connections=concurrency)
    async with httpx.AsyncClient(base_url=stack["api_url"], headers=headers, limits=limits, timeout=60) as http:

        async def slot() -> None:
            for application in remaining:
                began = time.perf_counter()
                answer = await http.post("/v1/program-enrollments", json=application)
                accept_ms.append((time.perf_counter() - began) * 1000)
                answer.raise_for_status()
                synchronized_ms.append(await watch.wait_for(answer.json()["id"]))

        began = time.perf_counter()
        await asyncio.gather(*(slot() for _ in range(concurrency)))
        seconds = time.perf_counter() - began
    looking.cancel()
    await database.close()
    return Measurement(len(applications), seconds, accept_ms, synchronized_ms)

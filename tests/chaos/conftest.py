"""One stack, one storm: each part is killed under load, and what is left of it all is looked at by many tests."""

import asyncio
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from bench.customers import application, qualified
from bench.stack import running_stack
from models.ids import enrollment_workflow_id
from tests.chaos.callers import Callers
from tests.chaos.victim import Victim

CUSTOMERS = Path(__file__).parents[2] / "examples" / "customers.csv"
IN_FLIGHT = 200
FEWER = 40
CONNECTIONS = 50
FINAL_WITHIN_SECONDS = 60


@dataclass
class Aftermath:
    """What was asked, what was answered, and what there is now."""

    victim: Victim
    stack: dict[str, Any]
    asked: list[dict[str, Any]]
    callers: Callers
    accepted_without_temporal: int

    def ask(self, question: str) -> list[dict[str, Any]]:
        """The database."""
        return asyncio.run(self._ask(question))

    async def _ask(self, question: str) -> list[dict[str, Any]]:
        connection = await asyncpg.connect(self.stack["database_url"])
        try:
            return [dict(row) for row in await connection.fetch(question)]
        finally:
            await connection.close()

    def derms(self, door: str) -> list[dict[str, Any]]:
        """All that a door of the DERMS lists."""
        items, cursor = [], None
        with httpx.Client(base_url=self.stack["derms_url"], trust_env=False) as http:
            while items == [] or cursor:
                page = http.get(door, params={"limit": 200, **({"cursor": cursor} if cursor else {})}).json()
                items += page["items"]
                cursor = page["next_cursor"]
        return items


@pytest.fixture(scope="session")
def aftermath() -> Iterator[Aftermath]:
    with tempfile.TemporaryDirectory(prefix="gridenroll-chaos-") as folder:
        data_dir = Path(folder, "data")
        with running_stack(data_dir) as stack:
            yield asyncio.run(_storm(Victim(data_dir), stack))


async def _storm(victim: Victim, stack: dict[str, Any]) -> Aftermath:
    asked = [application(row, number) for number, row in enumerate(qualified(CUSTOMERS))]
    asked = asked[: 3 * IN_FLIGHT + 2 * FEWER]
    callers, waiting = Callers(stack, CONNECTIONS), iter(asked)

    def next_ones(count: int) -> list[dict[str, Any]]:
        return [next(waiting) for _ in range(count)]

    async def kill_under_load(part: str, count: int) -> None:
        await callers.submit(next_ones(count), when=count // 2, then=lambda: victim.kill(part))

    await kill_under_load("worker", IN_FLIGHT)
    # Frozen first, so that there is no doubt that nobody answered while these were submitted.
    victim.freeze("temporal")
    before = len(callers.accepted)
    await callers.submit(next_ones(FEWER))
    accepted_without_temporal = len(callers.accepted) - before
    victim.kill("temporal")
    await kill_under_load("api", IN_FLIGHT)
    await kill_under_load("simulator", IN_FLIGHT)
    await kill_under_load("postgresql", FEWER)
    await callers.close()
    await _all_flows_end(stack, callers.accepted.values())
    return Aftermath(victim, stack, asked, callers, accepted_without_temporal)


async def _all_flows_end(stack: dict[str, Any], enrollments: Any) -> None:
    """Waits with Temporal for each; one that it does not know yet is asked for again."""
    client = await Client.connect(stack["temporal_address"], lazy=True)
    async with asyncio.timeout(FINAL_WITHIN_SECONDS):
        for enrollment in enrollments:
            while not await _ended(client, enrollment):
                pass


async def _ended(client: Client, enrollment: str) -> bool:
    try:
        await client.get_workflow_handle(enrollment_workflow_id(enrollment)).result()
    except RuntimeError:
        # A lazy client that cannot connect says so with this.
        return False
    except RPCError as error:
        if error.status not in (RPCStatusCode.NOT_FOUND, RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED):
            raise
        return False
    return True

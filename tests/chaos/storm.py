"""A storm over one stack: each part is killed with -9 while hundreds of enrolments are under way."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from bench.customers import application, qualified
from models.ids import enrollment_workflow_id
from tests.chaos.callers import Callers
from tests.chaos.victim import Victim
from tests.integration.doors import Doors

CUSTOMERS = Path(__file__).parents[2] / "examples" / "customers.csv"
IN_FLIGHT = 200
FEW = 20
"""So many are asked for while Temporal is away, and when PostgreSQL is killed."""
MIDST = 30
"""A part is killed when so many of the latest are accepted, others are being submitted, and older ones go on."""
TO_SPARE = 100
"""So many more than are to be in flight are asked for: some may come to their end before the kill."""
CONNECTIONS = 50
ACKNOWLEDGE_AFTER_SECONDS = 30
"""Until it is killed the DERMS takes so long: enough are in flight without hundreds more being asked for."""
FINAL_WITHIN_SECONDS = 200


@dataclass
class Aftermath:
    """What was asked, what was answered, and the doors behind which is what there is now."""

    victim: Victim
    doors: Doors
    asked: list[dict[str, Any]]
    callers: Callers
    asked_before: dict[str, int]
    """How many were asked for until each part was killed."""
    accepted_without_temporal: int


class Storm:
    """What is asked of the stack, and who is killed meanwhile."""

    def __init__(self, victim: Victim, stack: dict[str, Any]) -> None:
        self._victim = victim
        self._stack = stack
        self._callers = Callers(stack, CONNECTIONS)
        self._waiting = [application(row, number) for number, row in enumerate(qualified(CUSTOMERS))]
        self._asked: list[dict[str, Any]] = []
        self._asked_before: dict[str, int] = {}

    def rage(self) -> Aftermath:
        """From the first request until every flow has ended."""
        late = {"acknowledge_after_seconds": ACKNOWLEDGE_AFTER_SECONDS}
        httpx.put(f"{self._stack['derms_url']}/faults", json=late).raise_for_status()
        without_temporal = asyncio.run(self._rage())
        doors = Doors(self._stack)
        return Aftermath(self._victim, doors, self._asked, self._callers, self._asked_before, without_temporal)

    async def _rage(self) -> int:
        try:
            await self._kill_under_load("worker")
            without_temporal = await self._without_temporal()
            await self._kill_under_load("api")
            await self._kill_under_load("simulator")
            await self._kill("postgresql", FEW)
        finally:
            await self._callers.close()
        await _all_flows_end(self._stack, self._callers.accepted.values())
        return without_temporal

    async def _kill_under_load(self, part: str) -> None:
        """As many are asked for as it takes to have enough in flight."""
        connection = await asyncpg.connect(self._stack["database_url"])
        done = await connection.fetchval("SELECT count(*) FROM sync_request WHERE acknowledged_at IS NOT NULL")
        await connection.close()
        await self._kill(part, max(FEW, IN_FLIGHT + TO_SPARE - (len(self._asked) - done)))

    async def _kill(self, part: str, count: int) -> None:
        """In the midst of so many requests."""
        applications = self._next(count)
        self._asked_before[part] = len(self._asked)
        await self._callers.submit(applications, when=min(count // 2, MIDST), then=lambda: self._victim.kill(part))

    async def _without_temporal(self) -> int:
        """Frozen first, so that there is no doubt that nobody answered while these were submitted."""
        self._victim.freeze("temporal")
        before = len(self._callers.accepted)
        await self._callers.submit(self._next(FEW))
        self._victim.kill("temporal")
        return len(self._callers.accepted) - before

    def _next(self, count: int) -> list[dict[str, Any]]:
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        self._asked += taken
        return taken


async def _all_flows_end(stack: dict[str, Any], enrollments: Collection[str]) -> None:
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

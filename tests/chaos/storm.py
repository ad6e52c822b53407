"""A storm over one stack: each part is killed with -9 while enrollments are under way, and in the end all at once."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from bench.customers import application, qualified
from models.ids import enrollment_workflow_id
from tests.chaos.callers import Callers
from tests.chaos.victim import Victim
from tests.patience import DRILL_PATIENCE_SECONDS, wait_until

CUSTOMERS = Path(__file__).parents[2] / "examples" / "customers.csv"
CONNECTIONS = 50


@dataclass(frozen=True)
class Size:
    """How much is going on when a part is killed."""

    in_flight: int
    few: int
    """So many are asked for while Temporal is away, when PostgreSQL is killed, and before everything is."""
    midst: int
    """A part is killed when so many of the latest are accepted, others are being submitted, and older ones go on."""


SMALL = Size(in_flight=12, few=8, midst=2)
BIG = Size(in_flight=200, few=20, midst=30)


class Storm:
    """What is asked of the stack, what was answered, and who is killed meanwhile."""

    def __init__(self, victim: Victim, stack: dict[str, Any], size: Size) -> None:
        self.victim = victim
        self.size = size
        self.callers = Callers(stack, CONNECTIONS)
        self.asked: list[dict[str, Any]] = []
        self.asked_before: dict[str, int] = {}
        """How many were asked for until each part was killed."""
        self.accepted_without_temporal = 0
        self._derms_url: str = stack["derms_url"]
        self._waiting = [application(row, number) for number, row in enumerate(qualified(CUSTOMERS))]

    def rage(self) -> None:
        """From the first request until nothing of the stack lives. Until it is killed the DERMS decides nothing, so
        that all that was asked for is in flight, however long that took."""
        httpx.put(f"{self._derms_url}/faults", json={"acknowledge": "never"}).raise_for_status()
        asyncio.run(self._rage())
        self.victim.kill_everything()

    async def _rage(self) -> None:
        try:
            await self._kill("worker", self.size.in_flight + self.size.midst)
            await self._without_temporal()
            await self._kill("api", self.size.few)
            await self._kill("simulator", self.size.few)
            await self._kill("postgresql", self.size.few)
            await wait_until(self._still_dead, lambda dead: not dead, "all that were killed to start again")
            await self.callers.submit(self._next(self.size.few))
        finally:
            await self.callers.close()

    async def _still_dead(self) -> set[str]:
        return self.victim.still_dead()

    async def _kill(self, part: str, count: int) -> None:
        """In the midst of so many requests."""
        applications = self._next(count)
        self.asked_before[part] = len(self.asked)
        when = min(count // 2, self.size.midst)
        await self.callers.submit(applications, when=when, then=lambda: self.victim.kill(part))

    async def _without_temporal(self) -> None:
        """Frozen first, so that there is no doubt that nobody answered while these were submitted."""
        self.victim.freeze("temporal")
        before = len(self.callers.accepted)
        await self.callers.submit(self._next(self.size.few))
        self.victim.kill("temporal")
        self.accepted_without_temporal = len(self.callers.accepted) - before

    def _next(self, count: int) -> list[dict[str, Any]]:
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        self.asked += taken
        return taken


async def all_workflows_end(stack: dict[str, Any], enrollments: Collection[str]) -> None:
    """Waits with Temporal for each; one that it does not know yet is asked for again."""
    client = await Client.connect(stack["temporal_address"], lazy=True)
    async with asyncio.timeout(DRILL_PATIENCE_SECONDS):
        for enrollment in enrollments:
            await wait_until(lambda one=enrollment: _ended(client, one), bool, f"the end of {enrollment}")


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

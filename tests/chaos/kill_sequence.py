"""Kills every part of a running stack with -9 while enrollments are in progress, and the whole stack in the end."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from bench.customers import build_application, list_qualified
from models.ids import enrollment_workflow_id
from tests.chaos.retrying_clients import RetryingClients
from tests.chaos.stack_processes import StackProcesses
from tests.waiting import CHAOS_WAIT_SECONDS, wait_until

CUSTOMERS = Path(__file__).parents[2] / "examples" / "customers.csv"
CONNECTIONS = 50


@dataclass(frozen=True)
class Load:
    """How many requests are in progress at each kill."""

    in_flight: int
    few: int
    """The number of requests submitted while Temporal is down, around the kill of PostgreSQL, and before the final
    kill."""
    midst: int
    """A part is killed once this many of the latest requests are accepted, while others are being submitted."""


SMALL_LOAD = Load(in_flight=12, few=8, midst=2)
BIG_LOAD = Load(in_flight=200, few=20, midst=30)


class KillSequence:
    """Submits enrollments and kills one part after the other meanwhile."""

    def __init__(self, victim: StackProcesses, description: dict[str, Any], size: Load) -> None:
        self.processes = victim
        self.size = size
        self.clients = RetryingClients(description, CONNECTIONS)
        self.submitted: list[dict[str, Any]] = []
        self.submitted_before: dict[str, int] = {}
        """The number of requests submitted before each part was killed."""
        self.accepted_without_temporal = 0
        self._derms_url: str = description["derms_url"]
        self._waiting = [build_application(row, number) for number, row in enumerate(list_qualified(CUSTOMERS))]

    def run(self) -> None:
        """Run from the first request until every process is dead.

        The DERMS decides nothing until it is killed, so that every request is still in progress, however long that
        takes.
        """
        httpx.put(f"{self._derms_url}/faults", json={"acknowledge": "never"}).raise_for_status()
        asyncio.run(self._run())
        self.processes.kill_everything()

    async def _run(self) -> None:
        try:
            await self._kill("worker", self.size.in_flight + self.size.midst)
            await self._submit_without_temporal()
            await self._kill("api", self.size.few)
            await self._kill("simulator", self.size.few)
            await self._kill("postgresql", self.size.few)
            await wait_until(self._list_not_restarted, lambda dead: not dead, "all that were killed to start again")
            await self.clients.submit(self._take_applications(self.size.few))
        finally:
            await self.clients.close()

    async def _list_not_restarted(self) -> set[str]:
        return self.processes.list_not_restarted()

    async def _kill(self, part: str, count: int) -> None:
        """Kill the part in the middle of this many requests."""
        applications = self._take_applications(count)
        self.submitted_before[part] = len(self.submitted)
        when = min(count // 2, self.size.midst)
        await self.clients.submit(applications, when=when, then=lambda: self.processes.kill(part))

    async def _submit_without_temporal(self) -> None:
        """Submit requests with Temporal frozen, so that it certainly answered none of them, then kill it."""
        self.processes.freeze("temporal")
        before = len(self.clients.accepted)
        await self.clients.submit(self._take_applications(self.size.few))
        self.processes.kill("temporal")
        self.accepted_without_temporal = len(self.clients.accepted) - before

    def _take_applications(self, count: int) -> list[dict[str, Any]]:
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        self.submitted += taken
        return taken


async def wait_for_workflow_ends(description: dict[str, Any], enrollments: Collection[str]) -> None:
    """Wait for the end of each workflow, including those that Temporal does not know yet."""
    client = await Client.connect(description["temporal_address"], lazy=True)
    async with asyncio.timeout(CHAOS_WAIT_SECONDS):
        for enrollment in enrollments:
            await wait_until(lambda one=enrollment: _has_ended(client, one), bool, f"the end of {enrollment}")


async def _has_ended(client: Client, enrollment: str) -> bool:
    try:
        await client.get_workflow_handle(enrollment_workflow_id(enrollment)).result()
    except RuntimeError:
        # A lazy client raises this when it cannot connect.
        return False
    except RPCError as error:
        if error.status not in (RPCStatusCode.NOT_FOUND, RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED):
            raise
        return False
    return True

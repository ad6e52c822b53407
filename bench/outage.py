"""`make bench ARGS="--outage"`: measures how long others wait for the worker while PostgreSQL is away.

Many workflows are in the middle of a step at that time. tests/chaos/test_outage.py uses the same drill and checks its
results, not its times.
"""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, cast

import asyncpg
import httpx
import psutil
from rich.console import Console
from rich.table import Table
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.service import RPCError

from bench.prepared_stack import prepare_stack

_STUCK_WORKFLOWS = 200
_OUTAGE_SECONDS = 20
_TIMEOUT_SECONDS = 900
_POLL_SECONDS = 0.25
_METADATA = "__temporal_workflow_metadata"
_HEADINGS = (
    "how",
    "stuck",
    "unrelated workflow waits s",
    "cancel waits s",
    "wait on timers",
    "all done after s",
)

OutageKind = Callable[[dict[str, Any]], Any]


@dataclass
class OutageDrill:
    """The workflows of a stack whose PostgreSQL is away: those that need it, and two that do not."""

    client: Client
    database_url: str
    stuck: list[str]
    unrelated: WorkflowHandle[Any, Any]
    cancelled: WorkflowHandle[Any, Any]
    query_seconds: list[float] = field(default_factory=list[float])

    async def measure_query(self) -> None:
        """Measures a query to the unrelated workflow, which the worker must answer."""
        began = time.monotonic()
        await wait_until("the worker answers a query", self._is_query_answered)
        self.query_seconds.append(time.monotonic() - began)

    async def _is_query_answered(self) -> bool:
        with suppress(RPCError):
            await self.unrelated.query(_METADATA)
            return True
        return False

    async def measure_cancel(self) -> float:
        """Cancels a workflow in Temporal; returns the seconds until the worker processed that."""
        began = time.monotonic()
        await self.cancelled.cancel()
        await wait_until("the worker processes the cancel", self._is_cancel_processed)
        return time.monotonic() - began

    async def _is_cancel_processed(self) -> bool:
        kinds = [event.event_type for event in (await self.cancelled.fetch_history()).events]
        if EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED not in kinds:
            return False
        requested = kinds.index(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED)
        return EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED in kinds[requested:]

    async def list_attempts_before_waiting(self) -> list[int]:
        """Returns the attempts of the first step of each stuck workflow that waits on a timer now."""
        histories = [await self.client.get_workflow_handle(f"enroll/{one}").fetch_history() for one in self.stuck]
        return [found for history in histories if (found := _get_attempts_before_backoff(history))]

    async def are_all_waiting(self) -> bool:
        """Returns whether every stuck workflow waits on a timer now."""
        return len(await self.list_attempts_before_waiting()) == len(self.stuck)

    async def count_unfinished(self) -> int:
        """Returns how many of the stuck enrollments the DERMS has not acknowledged yet."""
        count = "SELECT count(*) FROM sync_request WHERE enrollment_id = ANY($1) AND state = 'synchronized'"
        with suppress(OSError, asyncpg.PostgresError):
            return len(self.stuck) - await _fetch_value(self.database_url, count, self.stuck)
        return len(self.stuck)


async def wait_until(what: str, reached: Callable[[], Coroutine[Any, Any, bool]]) -> None:
    """Waits for a condition.

    Raises:
        AssertionError: it did not come true in time.
    """
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while not await reached():
        assert time.monotonic() < deadline, f"this did not happen within {_TIMEOUT_SECONDS} s: {what}"
        await asyncio.sleep(_POLL_SECONDS)


def _get_attempts_before_backoff(history: WorkflowHistory) -> int:
    """Returns the attempt after which the first step waits on a timer, from its marker in the history; 0 for none."""
    for event in history.events:
        details = event.marker_recorded_event_attributes.details
        if "data" in details:
            found = json.loads(details["data"].payloads[0].data)
            return int(found["attempt"]) if found.get("backoff") else 0
    return 0


async def _fetch_value(url: str, statement: str, *values: Any) -> Any:
    # asyncpg brings no types.
    database = cast(Any, await asyncpg.connect(url))  # pyright: ignore[reportUnknownMemberType]
    try:
        return await database.fetchval(statement, *values)
    finally:
        await database.close()


def _list_postgres_processes(stack: dict[str, Any]) -> list[psutil.Process]:
    """Returns the current processes; after a restart they differ from those in stack.json."""
    found: list[psutil.Process] = []
    for process in psutil.Process(stack["pids"]["up"]).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if process.name().startswith("postgres"):
                found.append(process)
    return found


@contextmanager
def kill_postgres(stack: dict[str, Any]) -> Generator[None]:
    """Kills PostgreSQL and keeps the stack from starting it again until the block ends."""
    supervisor = psutil.Process(stack["pids"]["up"])
    supervisor.suspend()
    try:
        for process in _list_postgres_processes(stack):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        yield
    finally:
        supervisor.resume()


@contextmanager
def freeze_postgres(stack: dict[str, Any]) -> Generator[None]:
    """Suspends PostgreSQL until the block ends: it accepts connections and answers nothing."""
    processes = _list_postgres_processes(stack)
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.suspend()
    try:
        yield
    finally:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.resume()


@asynccontextmanager
async def run_drill(
    stack: dict[str, Any], applications: Sequence[dict[str, Any]], away: OutageKind
) -> AsyncGenerator[OutageDrill]:
    """Brings all applications but two to their first step, with PostgreSQL `away` until the block ends."""
    client = await Client.connect(stack["temporal_address"])
    worker = psutil.Process(stack["pids"]["worker"])
    headers = {"Authorization": f"Bearer {stack['token']}"}
    async with httpx.AsyncClient(base_url=stack["api_url"], headers=headers, timeout=60, trust_env=False) as http:
        waiting = await _submit_waiting_enrollments(stack, http, applications[:2])
        worker.suspend()
        try:
            stuck = [await _submit(http, application) for application in applications[2:]]
            await wait_until("all are started in Temporal", lambda: _is_outbox_empty(stack))
            handles = [client.get_workflow_handle(f"enroll/{one}") for one in waiting]
            with away(stack):
                worker.resume()
                yield OutageDrill(client, stack["database_url"], stuck, handles[0], handles[1])
        finally:
            worker.resume()


async def _submit(http: httpx.AsyncClient, application: dict[str, Any]) -> str:
    return (await http.post("/v1/program-enrollments", json=application)).raise_for_status().json()["id"]


async def _is_outbox_empty(stack: dict[str, Any]) -> bool:
    return await _fetch_value(stack["database_url"], "SELECT count(*) FROM outbox_message") == 0


async def _submit_waiting_enrollments(
    stack: dict[str, Any], http: httpx.AsyncClient, applications: Sequence[dict[str, Any]]
) -> list[str]:
    """Submits enrollments and returns their ids when they wait for a DERMS that never acknowledges."""
    await _set_faults(stack, acknowledge="never")
    found = [await _submit(http, application) for application in applications]

    async def all_wait() -> bool:
        count = "SELECT count(*) FROM sync_request WHERE enrollment_id = ANY($1) AND state = 'awaiting_acknowledgement'"
        return await _fetch_value(stack["database_url"], count, found) == len(found)

    await wait_until("two wait for an acknowledgement", all_wait)
    await _set_faults(stack, acknowledge="callback")
    return found


async def _set_faults(stack: dict[str, Any], **named: str) -> None:
    async with httpx.AsyncClient(base_url=stack["derms_url"], trust_env=False) as derms:
        (await derms.put("/faults", json=named)).raise_for_status()


async def _measure_outage(
    stack: dict[str, Any], applications: Sequence[dict[str, Any]], name: str, away: OutageKind
) -> list[str]:
    async with run_drill(stack, applications, away) as found:
        over = time.monotonic() + _OUTAGE_SECONDS
        await asyncio.sleep(1)
        cancelling = asyncio.create_task(found.measure_cancel())
        while time.monotonic() < over:
            await found.measure_query()
            await asyncio.sleep(_POLL_SECONDS)
        cancel_seconds = await cancelling
        attempts = await found.list_attempts_before_waiting()
    began = time.monotonic()

    async def finished() -> bool:
        return await found.count_unfinished() == 0

    await wait_until("all are synchronized after the outage", finished)
    return [
        name,
        str(len(found.stuck)),
        f"{max(found.query_seconds):.1f}",
        f"{cancel_seconds:.1f}",
        f"{len(attempts)}",
        f"{time.monotonic() - began:.0f}",
    ]


def run(console: Console) -> None:
    """Measures both kinds of outage on a stack and prints the table."""
    table = Table(*_HEADINGS, title=f"PostgreSQL away for {_OUTAGE_SECONDS} s")
    with prepare_stack(4 * _STUCK_WORKFLOWS) as prepared:
        for number, (name, away) in enumerate((("killed", kill_postgres), ("frozen", freeze_postgres))):
            applications = prepared.applications[number * (_STUCK_WORKFLOWS + 2) :][: _STUCK_WORKFLOWS + 2]
            table.add_row(*asyncio.run(_measure_outage(prepared.stack, applications, name, away)))
    console.print(table)

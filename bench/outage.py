"""PostgreSQL away while many workflows are in the middle of a step: how long do others wait for the worker?

`make bench ARGS="--outage"` prints the times; tests/chaos/test_outage.py looks at what has happened, not at the clock.
"""

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import asyncpg
import httpx
import psutil
from rich.console import Console
from rich.table import Table
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.service import RPCError

from bench import customers
from bench.stack import running_stack
from cli.client import ApiClient
from cli.commands.customers import put_customers

_STUCK_WORKFLOWS = 200
_OUTAGE_SECONDS = 20
_TIMEOUT_SECONDS = 900
_POLL_SECONDS = 0.25
_METADATA = "__temporal_workflow_metadata"

OutageKind = Callable[[dict[str, Any]], Any]


@dataclass
class OutageDrill:
    """A stack whose PostgreSQL is away: the workflows that need it, and two that do not."""

    client: Client
    database_url: str
    stuck: list[str]
    unrelated: WorkflowHandle[Any, Any]
    cancelled: WorkflowHandle[Any, Any]
    query_seconds: list[float] = field(default_factory=list[float])

    async def measure_query(self) -> None:
        """Asks the unrelated workflow something that the worker has to answer."""
        began = time.monotonic()
        await wait_until("the worker answers a query", self._is_query_answered)
        self.query_seconds.append(time.monotonic() - began)

    async def _is_query_answered(self) -> bool:
        with suppress(RPCError):
            await self.unrelated.query(_METADATA)
            return True
        return False

    async def measure_cancel(self) -> float:
        """Cancels a workflow in Temporal; returns the seconds until the worker had taken it up."""
        began = time.monotonic()
        await self.cancelled.cancel()
        await wait_until("the worker takes up the cancel", self._is_cancel_processed)
        return time.monotonic() - began

    async def _is_cancel_processed(self) -> bool:
        kinds = [event.event_type for event in (await self.cancelled.fetch_history()).events]
        if EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED not in kinds:
            return False
        requested = kinds.index(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED)
        return EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED in kinds[requested:]

    async def list_attempts_before_waiting(self) -> list[int]:
        """Returns, for each stuck workflow that waits on a timer by now, how often its step was tried before."""
        histories = [await self.client.get_workflow_handle(f"enroll/{one}").fetch_history() for one in self.stuck]
        return [found for history in histories if (found := _get_attempts_before_backoff(history))]

    async def are_all_waiting(self) -> bool:
        """Whether every stuck workflow has begun to wait on a timer."""
        return len(await self.list_attempts_before_waiting()) == len(self.stuck)

    async def count_unfinished(self) -> int:
        """Returns how many of the stuck ones the DERMS has not acknowledged yet."""
        count = "SELECT count(*) FROM sync_request WHERE enrollment_id = ANY($1) AND state = 'synchronized'"
        with suppress(OSError, asyncpg.PostgresError):
            return len(self.stuck) - await _fetch_value(self.database_url, count, self.stuck)
        return len(self.stuck)


async def wait_until(what: str, reached: Callable[[], Coroutine[Any, Any, bool]]) -> None:
    """Waits for a condition.

    Raises:
        AssertionError: it did not come true with much patience.
    """
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while not await reached():
        assert time.monotonic() < deadline, f"waited {_TIMEOUT_SECONDS} s in vain: {what}"
        await asyncio.sleep(_POLL_SECONDS)


def _get_attempts_before_backoff(history: WorkflowHistory) -> int:
    """The attempt after which the first step waits on a timer, from the marker that says so; 0 for none."""
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
    """Found anew: after a kill it is another process than the description of the stack says."""
    found: list[psutil.Process] = []
    for process in psutil.Process(stack["pids"]["up"]).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if process.name().startswith("postgres"):
                found.append(process)
    return found


@contextmanager
def kill_postgres(stack: dict[str, Any]) -> Generator[None]:
    """PostgreSQL is gone and nobody starts it again, until the block ends."""
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
    """PostgreSQL takes connections and answers nothing, until the block ends."""
    family = _list_postgres_processes(stack)
    for process in family:
        with suppress(psutil.NoSuchProcess):
            process.suspend()
    try:
        yield
    finally:
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.resume()


@asynccontextmanager
async def run_drill(
    stack: dict[str, Any], applications: Sequence[dict[str, Any]], away: OutageKind
) -> AsyncGenerator[OutageDrill]:
    """Brings all applications but two to their first step, with PostgreSQL `away` for as long as the block lasts."""
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
    """Enrollments that wait for a DERMS that never acknowledges."""
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
    """Runs both kinds of outage on a stack of its own and prints the table."""
    table = Table(title=f"PostgreSQL away for {_OUTAGE_SECONDS} s")
    for heading in (
        "how",
        "stuck",
        "unrelated workflow waits s",
        "cancel waits s",
        "wait on timers",
        "all done after s",
    ):
        table.add_column(heading)
    with tempfile.TemporaryDirectory(prefix="gridenroll-outage-") as folder:
        people = customers.make_customers(Path(folder) / "customers.csv", 4 * _STUCK_WORKFLOWS)
        applications = [customers.build_application(row, number) for number, row in enumerate(people)]
        with running_stack(Path(folder) / "data") as stack:
            put_customers(ApiClient(stack["api_url"], stack["token"]), Path(folder) / "customers.csv")
            for number, away in enumerate((kill_postgres, freeze_postgres)):
                mine = applications[number * (_STUCK_WORKFLOWS + 2) :][: _STUCK_WORKFLOWS + 2]
                table.add_row(*asyncio.run(_measure_outage(stack, mine, away.__name__, away)))
    console.print(table)

"""`make bench ARGS="--backlog"`: measures how fast the relay delivers a million messages after an outage of Temporal.

It prints the rate of the deliveries and the time of a claim while the outbox shrinks. The messages are signals to open
workflows without a worker, so that nothing but the delivery is measured.
"""

import asyncio
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import asyncpg
from rich.console import Console
from rich.table import Table
from temporalio.client import Client

from bench.stack import running_stack
from operations.platform.database import create_engine, create_sessions
from operations.platform.outbox import claim

_WORKFLOWS = 2000
_POLL_SECONDS = 10
_CLAIMS = 5
_MAX_CONCURRENT_STARTS = 50

_FILL_OUTBOX = """
    INSERT INTO outbox_message (kind, workflow_id, name, payload, created_at, due_at, attempts, state)
    SELECT 'signal', 'backlog/' || n % $2, 'noted', '{}', now(), now(), 0, 'waiting' FROM generate_series(1, $1) n
"""


def run(console: Console, messages: int, seconds: int) -> None:
    """Fills the outbox with messages and prints how it drains, for a limited time."""
    with (
        tempfile.TemporaryDirectory(prefix="gridenroll-bench-") as folder,
        running_stack(Path(folder) / "data") as stack,
    ):
        console.print(asyncio.run(_measure_drain(stack, messages, seconds)))


async def _measure_drain(stack: dict[str, Any], messages: int, seconds: int) -> Table:
    table = Table("seconds", "waiting", "delivered/s", "claim of 500 ms", title=f"{messages:,} messages wait")
    await _start_workflows(stack["temporal_address"])
    # asyncpg brings no types.
    database = cast(Any, await asyncpg.connect(stack["database_url"]))  # pyright: ignore[reportUnknownMemberType]
    await database.execute(_FILL_OUTBOX, messages, _WORKFLOWS)
    began, before, waiting = time.monotonic(), 0.0, messages
    table.add_row("0", f"{messages:,}", "", await _measure_claim_ms(stack["database_url"]))
    while waiting and before < seconds:
        await asyncio.sleep(_POLL_SECONDS)
        left = await database.fetchval("SELECT count(*) FROM outbox_message")
        now = time.monotonic() - began
        rate = (waiting - left) / (now - before)
        table.add_row(f"{now:.0f}", f"{left:,}", f"{rate:.0f}", await _measure_claim_ms(stack["database_url"]))
        before, waiting = now, left
    await database.close()
    return table


async def _start_workflows(address: str) -> None:
    client = await Client.connect(address)
    gate = asyncio.Semaphore(_MAX_CONCURRENT_STARTS)

    async def begin(number: int) -> None:
        async with gate:
            await client.start_workflow(
                "Nobody", id=f"backlog/{number}", task_queue="bench-backlog", rpc_timeout=timedelta(seconds=60)
            )

    await asyncio.gather(*map(begin, range(_WORKFLOWS)))


async def _measure_claim_ms(url: str) -> str:
    """Returns the median time of a claim, which is rolled back."""
    engine = create_engine(url, 4)
    times: list[float] = []
    async with create_sessions(engine)() as session:
        for _ in range(_CLAIMS):
            began = time.perf_counter()
            await claim(session, 500)
            times.append((time.perf_counter() - began) * 1000)
            await session.rollback()
    await engine.dispose()
    return f"{sorted(times)[_CLAIMS // 2]:.0f}"

"""PostgreSQL is killed, or hangs, while more workflows are in a database step than the worker has slots: no other
workflow waits for them, and each of them continues afterwards and happens once.

This test reads no clock. While PostgreSQL is down, the workflows wait on timers, which hold no slot, after few
attempts; and the worker answers and starts whatever needs no database.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bench import customers, outage
from bench.stack import running_stack
from cli.client import ApiClient
from cli.commands.customers import put_customers
from tests.integration.clients.running_stack import RunningStack

STUCK = 60
"""More than the 50 slots for workflow tasks."""
MOST_ATTEMPTS = 5
"""The waits add up to 1.5 s; the next one would be 1.6 s."""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="gridenroll-outage-") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def applications(folder: Path) -> Iterator[dict[str, Any]]:
    rows = customers.make_customers(folder / "customers.csv", 5 * STUCK)
    return (customers.build_application(row, number) for number, row in enumerate(rows))


@pytest.fixture(scope="module")
def description(folder: Path, applications: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    with running_stack(folder / "data") as description:
        put_customers(ApiClient(description["api_url"], description["token"]), folder / "customers.csv")
        yield description


@pytest.mark.parametrize("away", [outage.kill_postgres, outage.freeze_postgres], ids=["killed", "frozen"])
async def test_an_outage_blocks_no_other_workflow_and_all_workflows_resume(
    description: dict[str, Any], applications: Iterator[dict[str, Any]], away: outage.OutageKind
) -> None:
    mine = [next(applications) for _ in range(STUCK + 2)]
    async with outage.run_drill(description, mine, away) as drill:
        await drill.measure_query()
        await drill.measure_cancel()
        await outage.wait_until("all stuck workflows wait on a timer", drill.are_all_waiting)
        await drill.measure_query()
        assert max(await drill.list_attempts_before_waiting()) <= MOST_ATTEMPTS

    async def finished() -> bool:
        return await drill.count_unfinished() == 0

    await outage.wait_until("all are synchronized after the outage", finished)
    await asyncio.to_thread(check_each_happened_once, description, drill.stuck, mine[2:])


def check_each_happened_once(description: dict[str, Any], enrollments: list[str], asked: list[dict[str, Any]]) -> None:
    with closing(RunningStack(description)) as stack:
        for enrollment, application in zip(enrollments, asked, strict=True):
            assert len(stack.search_derms(application["devices"][0]["serial_number"])) == 1
            assert len(stack.get_enrollment(enrollment)["sync_requests"]) == 1
        count = "SELECT count(*) FROM program_subscription WHERE enrollment_id = ANY($1)"
        assert stack.database.value(count, enrollments) == len(enrollments)

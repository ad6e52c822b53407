"""Worker, API, simulator, PostgreSQL and Temporal are each killed with -9 under load, then the whole stack, which
restarts on the same data: with a few enrollments here, with hundreds under `make soak`."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from bench.stack import running_stack
from tests.chaos.kill_sequence import BIG_LOAD, SMALL_LOAD, KillSequence, Load, wait_for_workflow_ends
from tests.chaos.stack_processes import StackProcesses
from tests.e2e.running_program import have_all_ended
from tests.integration.clients.running_stack import RunningStack
from tests.waiting import CHAOS_WAIT_SECONDS, wait_for

PARTS = {"worker", "api", "simulator", "postgresql", "temporal"}


class Aftermath:
    """What was submitted and answered before the kill, and the stack that was started afterwards."""

    def __init__(self, storm: KillSequence, stack: RunningStack) -> None:
        self.storm = storm
        self.stack = stack


@pytest.fixture(
    scope="module", params=[SMALL_LOAD, pytest.param(BIG_LOAD, marks=pytest.mark.soak)], ids=["small", "big"]
)
def aftermath(request: pytest.FixtureRequest) -> Iterator[Aftermath]:
    size: Load = request.param
    with tempfile.TemporaryDirectory(prefix="gridenroll-chaos-") as folder:
        data_dir = Path(folder, "data")
        with running_stack(data_dir) as description:
            assert set(description["pids"]) == {*PARTS, "head_end", "up"}
            storm = KillSequence(StackProcesses(data_dir), description, size)
            storm.run()
        with running_stack(data_dir) as description, closing(RunningStack(description)) as stack:
            family = psutil.Process(description["pids"]["up"]).children(recursive=True)
            asyncio.run(wait_for_workflow_ends(description, storm.clients.accepted.values()))
            yield Aftermath(storm, stack)
        assert have_all_ended(family)
        assert not (data_dir / "stack.json").exists()


def test_every_part_was_killed_and_started_again(aftermath: Aftermath) -> None:
    assert set(aftermath.storm.processes.killed) == PARTS
    now = aftermath.stack.description["pids"]
    assert [part for part, before in aftermath.storm.processes.killed.items() if now[part] == before] == []


@pytest.mark.parametrize("part", ["worker", "api", "simulator"])
def test_enough_enrollments_were_in_flight_at_each_kill(aftermath: Aftermath, part: str) -> None:
    wanted = "SELECT count(*) FROM sync_request WHERE acknowledged_at <= $1"
    done = aftermath.stack.database.value(wanted, aftermath.storm.processes.killed_at[part])
    assert aftermath.storm.submitted_before[part] - done >= aftermath.storm.size.in_flight


def test_clients_retried_and_every_request_became_one_enrollment(aftermath: Aftermath) -> None:
    assert aftermath.storm.clients.repeated
    rows = aftermath.stack.database.rows("SELECT transaction_id, id FROM enrollment")
    kept = {row["transaction_id"]: row["id"] for row in rows}
    assert kept == aftermath.storm.clients.accepted
    assert set(kept) == {application["transaction_id"] for application in aftermath.storm.submitted}


def test_requests_are_accepted_while_temporal_is_down(aftermath: Aftermath) -> None:
    assert aftermath.storm.accepted_without_temporal == aftermath.storm.size.few


def test_every_enrollment_is_enrolled_and_synchronized(aftermath: Aftermath) -> None:
    states = aftermath.stack.database.rows(
        "SELECT e.state AS enrollment, s.state AS sync, count(*) FROM enrollment e"
        " LEFT JOIN sync_request s ON s.enrollment_id = e.id GROUP BY 1, 2"
    )
    assert states == [{"enrollment": "enrolled", "sync": "synchronized", "count": len(aftermath.storm.submitted)}]


def test_each_device_is_once_in_the_derms(aftermath: Aftermath) -> None:
    held = Counter((der["device"]["serial_number"], der["state"]) for der in aftermath.stack.list_from_derms("/ders"))
    assert held == Counter((one["devices"][0]["serial_number"], "enrolled") for one in aftermath.storm.submitted)


def test_each_sync_request_was_applied_once(aftermath: Aftermath) -> None:
    known = {row["id"] for row in aftermath.stack.database.rows("SELECT id FROM sync_request")}
    applied = {one["sync_request_id"]: one["applied"] for one in aftermath.stack.list_from_derms("/sync-messages")}
    assert applied == dict.fromkeys(known, 1)
    assert len(aftermath.stack.list_from_derms("/sync-messages")) == len(known)


def test_no_step_was_repeated(aftermath: Aftermath) -> None:
    """A send whose result was lost with Temporal or the worker is sent again under the same key, and marked again
    (decision 4); that the DERMS applied it once is another test here."""
    twice = (
        "SELECT subject, action FROM audit_entry WHERE journey LIKE 'enr\\_%'"
        " AND action NOT IN ('syn:sending', 'syn:awaiting_acknowledgement')"
        " GROUP BY subject, action, before HAVING count(*) > 1"
    )
    assert aftermath.stack.database.rows(twice) == []


def test_the_outbox_is_empty_at_the_end(aftermath: Aftermath) -> None:
    """A message delivered while PostgreSQL was killed cannot be deleted; it is claimed again after its lease."""
    left = "SELECT workflow_id, attempts FROM outbox_message"
    rows = aftermath.stack.database.rows
    wait_for(lambda: not rows(left), instead=lambda: rows(left), seconds=CHAOS_WAIT_SECONDS)

"""After worker, API, simulator, PostgreSQL and Temporal were each killed with -9 under load."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.stack import running_stack
from operations.outbox import LEASE
from tests.chaos.storm import FEW, IN_FLIGHT, Aftermath, Storm
from tests.chaos.victim import Victim
from tests.integration.doors import wait_for

pytestmark = pytest.mark.timeout(480)


@pytest.fixture(scope="module")
def aftermath() -> Iterator[Aftermath]:
    with tempfile.TemporaryDirectory(prefix="gridenroll-chaos-") as folder:
        data_dir = Path(folder, "data")
        with running_stack(data_dir) as stack:
            found = Storm(Victim(data_dir), stack).rage()
            yield found
            found.doors.close()


def test_every_part_was_killed_and_started_again(aftermath: Aftermath) -> None:
    assert set(aftermath.victim.killed) == {"worker", "api", "simulator", "postgresql", "temporal"}
    now = aftermath.victim.description["pids"]
    assert not {part for part, before in aftermath.victim.killed.items() if now[part] == before}


@pytest.mark.parametrize("part", ["worker", "api", "simulator"])
def test_enough_enrolments_were_in_flight_when_it_was_killed(aftermath: Aftermath, part: str) -> None:
    wanted = "SELECT count(*) FROM sync_request WHERE acknowledged_at <= $1"
    done = aftermath.doors.database.value(wanted, aftermath.victim.killed_at[part])
    assert aftermath.asked_before[part] - done >= IN_FLIGHT


def test_callers_had_to_ask_again_and_every_request_became_one_enrolment(aftermath: Aftermath) -> None:
    assert aftermath.callers.repeated
    rows = aftermath.doors.database.rows("SELECT transaction_id, id FROM enrollment")
    kept = {row["transaction_id"]: row["id"] for row in rows}
    assert kept == aftermath.callers.accepted
    assert set(kept) == {application["transaction_id"] for application in aftermath.asked}


def test_requests_are_taken_while_temporal_is_away(aftermath: Aftermath) -> None:
    assert aftermath.accepted_without_temporal == FEW


def test_every_enrolment_is_enrolled_and_synchronized(aftermath: Aftermath) -> None:
    states = aftermath.doors.database.rows(
        "SELECT e.state AS enrolment, s.state AS sync, count(*) FROM enrollment e"
        " LEFT JOIN sync_request s ON s.enrollment_id = e.id GROUP BY 1, 2"
    )
    assert states == [{"enrolment": "enrolled", "sync": "synchronized", "count": len(aftermath.asked)}]


def test_each_device_is_once_in_the_derms(aftermath: Aftermath) -> None:
    held = Counter((der["device"]["serial_number"], der["state"]) for der in aftermath.doors.listed("/ders"))
    assert held == Counter((one["devices"][0]["serial_number"], "enrolled") for one in aftermath.asked)


def test_each_sync_request_was_applied_once(aftermath: Aftermath) -> None:
    known = {row["id"] for row in aftermath.doors.database.rows("SELECT id FROM sync_request")}
    applied = {one["sync_request_id"]: one["applied"] for one in aftermath.doors.listed("/sync-messages")}
    assert applied == dict.fromkeys(known, 1)
    assert len(aftermath.doors.listed("/sync-messages")) == len(known)


def test_nothing_was_done_twice(aftermath: Aftermath) -> None:
    assert (
        aftermath.doors.database.rows(
            "SELECT subject, action FROM audit_entry WHERE journey LIKE 'enr\\_%'"
            " GROUP BY subject, action, before HAVING count(*) > 1"
        )
        == []
    )


def test_nothing_stays_in_the_outbox(aftermath: Aftermath) -> None:
    """What arrived while PostgreSQL was killed could not be struck out: it is claimed again after its lease."""
    empty = "SELECT count(*) = 0 FROM outbox_message"
    wait_for(lambda: aftermath.doors.database.value(empty), seconds=3 * LEASE.total_seconds())

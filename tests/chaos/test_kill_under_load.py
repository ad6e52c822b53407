"""After worker, API, simulator, PostgreSQL and Temporal were each killed with -9 under load."""

from collections import Counter

import pytest

from tests.chaos.conftest import FEWER, IN_FLIGHT, Aftermath

pytestmark = pytest.mark.timeout(240)
STORM = "program = 'TSTAT-DR'"
"""The stack plays other pieces too."""


def test_every_part_was_killed_and_started_again(aftermath: Aftermath) -> None:
    assert set(aftermath.victim.killed) == {"worker", "api", "simulator", "postgresql", "temporal"}
    now = aftermath.victim.description["pids"]
    assert not {part for part, before in aftermath.victim.killed.items() if now[part] == before}


@pytest.mark.parametrize(
    ("part", "asked"),
    [("worker", IN_FLIGHT), ("api", 2 * IN_FLIGHT + FEWER), ("simulator", 3 * IN_FLIGHT + FEWER)],
)
def test_most_of_the_requests_were_in_flight_when_it_was_killed(aftermath: Aftermath, part: str, asked: int) -> None:
    at = aftermath.victim.killed_at[part].isoformat()
    done = aftermath.ask(f"SELECT count(*) FROM sync_request WHERE {STORM} AND acknowledged_at <= '{at}'")[0]["count"]
    assert asked - done >= IN_FLIGHT * 3 // 4


def test_callers_had_to_ask_again_and_every_request_became_one_enrolment(aftermath: Aftermath) -> None:
    assert aftermath.callers.repeated
    rows = aftermath.ask(f"SELECT transaction_id, id FROM enrollment WHERE {STORM}")
    kept = {row["transaction_id"]: row["id"] for row in rows}
    assert kept == aftermath.callers.accepted
    assert set(kept) == {application["transaction_id"] for application in aftermath.asked}


def test_requests_are_taken_while_temporal_is_away(aftermath: Aftermath) -> None:
    assert aftermath.accepted_without_temporal == FEWER


def test_every_enrolment_is_enrolled_and_synchronized(aftermath: Aftermath) -> None:
    states = aftermath.ask(
        "SELECT e.state AS enrolment, s.state AS sync, count(*) FROM enrollment e"
        f" LEFT JOIN sync_request s ON s.enrollment_id = e.id WHERE e.{STORM} GROUP BY 1, 2"
    )
    assert states == [{"enrolment": "enrolled", "sync": "synchronized", "count": len(aftermath.asked)}]


def test_each_device_is_once_in_the_derms(aftermath: Aftermath) -> None:
    ders = [der for der in aftermath.derms("/ders") if der["program"] == "TSTAT-DR"]
    held = Counter((der["device"]["serial_number"], der["state"]) for der in ders)
    assert held == Counter((one["devices"][0]["serial_number"], "enrolled") for one in aftermath.asked)


def test_each_sync_request_was_applied_once(aftermath: Aftermath) -> None:
    known = {row["id"] for row in aftermath.ask("SELECT id FROM sync_request")}
    applied = {one["sync_request_id"]: one["applied"] for one in aftermath.derms("/sync-messages")}
    assert applied == dict.fromkeys(known, 1)
    assert len(aftermath.derms("/sync-messages")) == len(known)


def test_nothing_was_done_twice(aftermath: Aftermath) -> None:
    assert (
        aftermath.ask(
            "SELECT subject, action FROM audit_entry WHERE journey LIKE 'enr\\_%'"
            " GROUP BY subject, action, before HAVING count(*) > 1"
        )
        == []
    )


def test_nothing_is_left_in_the_outbox(aftermath: Aftermath) -> None:
    assert aftermath.ask("SELECT count(*) FROM outbox_message") == [{"count": 0}]

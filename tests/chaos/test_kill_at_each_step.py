"""Installations, service calls and departures whose worker was killed with -9 at one step after another."""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.chaos.conftest import Aftermath
from tests.chaos.steps import HANDFUL, Steps
from tests.chaos.worker_alone import WorkerAlone
from tests.integration.doors import Doors

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def steps(aftermath: Aftermath) -> Iterator[Steps]:
    doors = Doors(aftermath.stack)
    taken = Steps(doors)
    worker = WorkerAlone(aftermath.victim)
    try:
        taken.take(worker)
    finally:
        worker.give_back()
    yield taken
    doors.close()


def test_every_flow_came_to_its_end(steps: Steps) -> None:
    enrolled = [steps.doors.enrollment(one)["state"] for one in steps.enrollments]
    assert enrolled == ["enrolled"] * HANDFUL
    helped = [steps.doors.api.get(f"/v1/service-calls/{one}").json() for one in steps.calls]
    assert [(one["state"], one["outcome"]) for one in helped] == [("closed", "device_replaced")] * HANDFUL
    left = [steps.doors.api.get(f"/v1/program-unenrollments/{one}").json() for one in steps.unenrollments]
    assert [(one["state"], one["subscription_state"]) for one in left] == [("unenrolled", "ended")] * HANDFUL


def test_each_request_had_one_order_and_one_visit(steps: Steps) -> None:
    rows = steps.doors.database.rows(
        "SELECT w.journey, w.attempt, w.state, count(c.completion_id) AS reports FROM work_order w"
        " JOIN work_order_completion c ON c.work_order_id = w.id WHERE w.program = $1 GROUP BY w.id",
        steps.program,
    )
    asked = [*steps.enrollments, *steps.calls, *steps.unenrollments]
    assert Counter(row["journey"] for row in rows) == Counter(asked)
    assert {(row["attempt"], row["state"], row["reports"]) for row in rows} == {(1, "completed", 1)}


def test_each_request_told_the_derms_once(steps: Steps) -> None:
    asked = [*steps.enrollments, *steps.calls, *steps.unenrollments]
    rows = steps.doors.database.rows("SELECT id, journey FROM sync_request WHERE journey = ANY($1)", asked)
    assert Counter(row["journey"] for row in rows) == Counter(asked)
    known = {row["id"] for row in rows}
    messages = [one for one in _messages(steps.doors) if one["sync_request_id"] in known]
    assert [one["applied"] for one in messages] == [1] * len(asked)


def _messages(doors: Doors) -> Iterator[dict[str, object]]:
    cursor: str | None = None
    while True:
        page = doors.derms.get("/sync-messages", params={"limit": "200", **({"cursor": cursor} if cursor else {})})
        yield from page.json()["items"]
        if not (cursor := page.json()["next_cursor"]):
            return


def test_the_derms_controls_what_hangs_there_and_nothing_else(steps: Steps) -> None:
    rows = steps.doors.database.rows(
        "SELECT d.serial_number, d.state FROM device d JOIN subscription_device sd ON sd.device_id = d.id"
        " JOIN program_subscription s ON s.id = sd.subscription_id WHERE s.program = $1",
        steps.program,
    )
    held = {
        der["device"]["serial_number"]
        for row in rows
        for der in steps.doors.held(row["serial_number"])
        if der["state"] == "enrolled"
    }
    assert held == {row["serial_number"] for row in rows if row["state"] == "enrolled"}
    assert len(held) == 2 * HANDFUL
    assert held >= set(steps.replacements.values())


def test_capacity_is_what_hangs_there(steps: Steps) -> None:
    assert steps.installing.held(steps.program)[:2] == (2 * HANDFUL, 2 * HANDFUL)


def test_nothing_was_done_twice(steps: Steps) -> None:
    twice = steps.doors.database.rows(
        "SELECT subject, action, count(*) FROM audit_entry WHERE journey = ANY($1)"
        " GROUP BY subject, action, before HAVING count(*) > 1",
        [*steps.enrollments, *steps.calls, *steps.unenrollments],
    )
    assert twice == []

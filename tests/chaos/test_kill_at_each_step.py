"""Every flow of the house, whose worker was killed with -9 at each of its steps: before it, after it, and between, when
others have done what they were asked and nothing of it is written down here."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from models.batches import BatchName
from operations.batches import STEPS
from tests.chaos.journeys import BATCHES, CALLING, ENROLLING, HOW_MANY, LEAVING
from tests.chaos.kill import Killed, killed
from tests.integration.invariants import QUESTIONS, UNSETTLED, found, illegal

pytestmark = pytest.mark.timeout(240)

LEFT_OUT = {
    "a step on our own record failed for an hour, a device did not answer, or no visit came to anything: a person is "
    "called, who has it tried once more": {
        "park_enrollment",
        "resume_enrollment",
        "park_unenrollment",
        "park_service_call",
        "order_installation_again",
        "another_attempt",
        "ship_again",
        "removal_failed",
        "another_removal",
    },
    "nothing came for days": {
        "remind_of_visit",
        "remind_of_shipment",
        "remind_of_device",
        "expire_enrollment",
    },
    "the DERMS, a head-end or Temporal could not be asked for hours": {"record_failure", "fail_batch"},
    "a head-end did not answer for a quarter of an hour; changes nothing": {"ask_what_came"},
    "only calls that were opened under an earlier release come there": {"act_remotely"},
    "a report could not be used, or an appointment was moved; changes nothing": {"visit_standing"},
}
"""Steps that no journey takes on which nothing goes wrong but a killed worker, by what else has to happen."""


@pytest.fixture(scope="module")
def after() -> Iterator[Killed]:
    with killed() as journeys_over:
        yield journeys_over


def rows(after: Killed, question: str, *values: Any) -> list[dict[str, Any]]:
    return after.journeys.doors.database.rows(question, *values)


def test_at_every_place_that_a_journey_came_by_one_stood_when_the_worker_was_killed(after: Killed) -> None:
    stood = {one.place for one in after.arrivals if one.stays and one.workflow_id in after.under_way}
    assert {one.place for one in after.arrivals} - stood == set()


def test_one_journey_of_each_kind_came_through_so_that_no_place_is_missing(after: Killed) -> None:
    through = {one.place.kind for one in after.arrivals if one.workflow_id not in after.under_way}
    assert through == {*HOW_MANY, *BATCHES}


def test_every_step_that_the_worker_knows_is_among_them_or_left_out_for_a_reason(after: Killed) -> None:
    killed_at = {one.place.step.split()[0] for one in after.arrivals if one.stays}
    left_out = set[str]().union(*LEFT_OUT.values())
    assert killed_at & left_out == set()
    assert killed_at | left_out == after.steps


def test_every_request_came_to_its_end(after: Killed) -> None:
    for table, kinds, end, withdrawn in (
        ("enrollment", ENROLLING, "enrolled", "WITHDRAWN"),
        ("unenrollment", LEAVING, "unenrolled", "STAYING"),
        ("service_call", CALLING, "closed", "RECALLED"),
    ):
        seen = rows(
            after,
            f"SELECT program, state, count(*) FROM {table} WHERE program = ANY($1) GROUP BY program, state",
            [*kinds],
        )
        ends = {kind: (count, "cancelled" if kind == withdrawn else end) for kind, count in kinds.items()}
        assert {one["program"]: (one["count"], one["state"]) for one in seen} == ends
        assert len(seen) == len(ends)


def test_each_run_of_a_batch_ended_once_and_did_each_page_once(after: Killed) -> None:
    seen = rows(
        after,
        "SELECT name, state, page, count(*) FROM batch_run WHERE started_by <> 'batch' GROUP BY name, state, page",
    )
    assert {(one["name"], one["state"], one["page"], one["count"]) for one in seen} == {
        (name, "completed", len(STEPS[BatchName(name)]) + 1, count) for name, count in BATCHES.items()
    }
    announced = "SELECT sum((counts->>'sync_requests_made')::int) FROM batch_run"
    assert after.journeys.doors.database.value(announced) == HOW_MANY["HANDED_OVER"]


def test_each_request_had_one_order_one_visit_and_one_shipment(after: Killed) -> None:
    seen = rows(
        after,
        "SELECT w.program, w.journey, w.attempt, w.state, count(c.completion_id) AS reports FROM work_order w"
        " LEFT JOIN work_order_completion c ON c.work_order_id = w.id GROUP BY w.id",
    )
    assert len(seen) == len({one["journey"] for one in seen})
    ordered = ("INSTALLED", "WITHDRAWN", "FETCHED", "REPLACED")
    assert Counter(one["program"] for one in seen) == {kind: HOW_MANY[kind] for kind in ordered}
    ends = {(one["program"] == "WITHDRAWN", one["attempt"], one["state"], one["reports"]) for one in seen}
    assert ends == {(False, 1, "completed", 1), (True, 1, "cancelled", 0)}
    shipped = rows(after, "SELECT journey, state FROM device_shipment")
    assert len({one["journey"] for one in shipped}) == len(shipped) == HOW_MANY["SHIPPED"]
    assert {one["state"] for one in shipped} == {"confirmed"}


def test_head_ends_were_asked_once_about_each_device(after: Killed) -> None:
    seen = rows(after, "SELECT journey, state, outcome FROM head_end_request")
    assert len({one["journey"] for one in seen}) == len(seen)
    assert {(one["state"], one["outcome"]) for one in seen} == {("answered", "ok")}
    checked, restarted = HOW_MANY["SHIPPED"] + HOW_MANY["CHECKED"], HOW_MANY["RESTARTED"]
    assert Counter(after.journeys.asked_of_head_ends()) == {"status_check": checked, "restart": restarted}


def test_each_request_told_the_derms_once(after: Killed) -> None:
    seen = rows(after, "SELECT id, journey, program, state FROM sync_request")
    assert len({one["journey"] for one in seen}) == len(seen)
    assert {one["state"] for one in seen} == {"synchronized"}
    twice = dict.fromkeys((*LEAVING, "REPLACED"), 2)
    told = {kind: count * twice.get(kind, 1) for kind, count in HOW_MANY.items()}
    told |= {"STAYING": HOW_MANY["STAYING"]}
    del told["WITHDRAWN"]
    assert Counter(one["program"] for one in seen) == told
    applied = {one["sync_request_id"]: one["applied"] for one in after.journeys.doors.listed("/sync-messages")}
    assert [applied[one["id"]] for one in seen] == [1] * len(seen)


def test_the_derms_controls_what_hangs_there_and_nothing_else(after: Killed) -> None:
    hanging = rows(
        after,
        "SELECT d.id FROM device d JOIN subscription_device sd ON sd.device_id = d.id"
        " WHERE d.state = 'enrolled' AND sd.registration = 'registered'",
    )
    ders = after.journeys.doors.listed("/ders")
    held = Counter(one["device"]["device_id"] for one in ders if one["state"] == "enrolled")
    assert held == Counter(one["id"] for one in hanging)
    left = sum(count for kind, count in LEAVING.items() if kind != "STAYING") + HOW_MANY["WITHDRAWN"]
    assert len(hanging) == sum(HOW_MANY.values()) - left


@pytest.mark.parametrize("program", HOW_MANY)
def test_what_holds_of_a_program_always_holds_now(after: Killed, program: str) -> None:
    assert found(after.journeys.doors.database, program, QUESTIONS | UNSETTLED) == {}


def test_nothing_was_done_twice_and_nothing_out_of_turn(after: Killed) -> None:
    twice = (
        "SELECT subject, action, before, count(*) FROM audit_entry WHERE subject <> 'cis'"
        " GROUP BY subject, action, before HAVING count(*) > 1"
    )
    assert rows(after, twice) == []
    assert illegal(after.journeys.doors.database, 0) == []

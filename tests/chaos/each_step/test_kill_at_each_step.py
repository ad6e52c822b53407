"""Every workflow after its worker was killed with -9 at each step: before it, after it, and between, when the other
system has done its part and our database does not know it yet."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from models.batches import BatchName
from operations.batches.runs import STEPS
from tests.chaos.each_step.kill_drill import KillDrill, kill_worker_at_each_step
from tests.chaos.each_step.workload_kinds import (
    BATCH_RUNS,
    ENROLLMENT_KINDS,
    REQUEST_COUNTS,
    SERVICE_CALL_KINDS,
    TROUBLES,
    UNENROLLMENT_KINDS,
)
from tests.integration.random_sequences.invariants import (
    UNFINISHED,
    VIOLATIONS,
    find_illegal_transitions,
    find_violations,
)

pytestmark = pytest.mark.soak

LEFT_OUT = {"keep_unreadable_signal"}
"""Nobody sends a signal that cannot be read here; no workflow waits for this step, and storing twice stores once."""


@pytest.fixture(scope="module")
def after() -> Iterator[KillDrill]:
    with kill_worker_at_each_step() as journeys_over:
        yield journeys_over


def rows(after: KillDrill, question: str, *values: Any) -> list[dict[str, Any]]:
    return after.journeys.stack.database.rows(question, *values)


def test_a_workflow_was_blocked_at_every_reached_point_when_the_worker_was_killed(after: KillDrill) -> None:
    stood = {one.place for one in after.arrivals if one.stays and one.workflow_id in after.under_way}
    assert {one.place for one in after.arrivals} - stood == set()


def test_one_request_of_each_kind_passed_every_blocking_point(after: KillDrill) -> None:
    through = {one.place.kind for one in after.arrivals if one.workflow_id not in after.under_way}
    assert through == {*REQUEST_COUNTS, *BATCH_RUNS}


def test_every_registered_activity_was_blocked_or_is_excluded_for_a_reason(after: KillDrill) -> None:
    killed_at = {one.place.step.split()[0] for one in after.arrivals if one.stays}
    assert killed_at & LEFT_OUT == set()
    assert killed_at | LEFT_OUT == after.steps


def test_every_request_reached_its_expected_end(after: KillDrill) -> None:
    for table, kinds, end, otherwise in (
        ("enrollment", ENROLLMENT_KINDS, "enrolled", {"WITHDRAWN": "cancelled", "LATE_VISIT": "expired"}),
        ("unenrollment", UNENROLLMENT_KINDS, "unenrolled", {"STAYING": "cancelled"}),
        ("service_call", SERVICE_CALL_KINDS, "closed", {"RECALLED": "cancelled"}),
    ):
        seen = rows(
            after,
            f"SELECT program, state, count(*) FROM {table} WHERE program = ANY($1) GROUP BY program, state",
            [*kinds],
        )
        ends = {kind: (count, otherwise.get(kind, end)) for kind, count in kinds.items()}
        assert {one["program"]: (one["count"], one["state"]) for one in seen} == ends
        assert len(seen) == len(ends)


def test_each_batch_run_ended_once_and_processed_each_page_once(after: KillDrill) -> None:
    seen = rows(
        after,
        "SELECT name, page - greatest((counts->>'listed')::int - 1, 0) / 200 AS page, count(*) FROM batch_run"
        " WHERE started_by <> 'batch' AND state = 'completed' GROUP BY 1, 2",
    )
    failed = rows(after, "SELECT name, state, page FROM batch_run WHERE state <> 'completed'")
    assert {(one["name"], one["state"], one["page"]) for one in failed} == {("reconciliation", "failed", 2)}
    ended = BATCH_RUNS | {"reconciliation": BATCH_RUNS["reconciliation"] - len(failed)}
    assert {(one["name"], one["page"], one["count"]) for one in seen} == {
        (name, len(STEPS[BatchName(name)]) + 1, count) for name, count in ended.items()
    }
    announced = "SELECT sum((counts->>'sync_requests_made')::int) FROM batch_run"
    assert after.journeys.stack.database.value(announced) == REQUEST_COUNTS["HANDED_OVER"]


def test_each_request_had_one_order_visit_and_shipment_plus_one_after_each_failure(
    after: KillDrill,
) -> None:
    orders = rows(
        after,
        "SELECT program, attempt, state, count(*), count(DISTINCT journey) AS journeys, sum((SELECT count(*)"
        " FROM work_order_completion WHERE work_order_id = w.id)) AS reports FROM work_order w GROUP BY 1, 2, 3",
    )
    well = {(kind, 1, "completed", 1) for kind in ("INSTALLED", "FETCHED", "REPLACED")}
    again = {(kind, 2, "completed", 2) for kind in ("CALLED_OFF", "LATE_FETCH", "LATE_CALL")}
    ended = {(kind, 1, "cancelled", 0) for kind in ("WITHDRAWN", "LATE_VISIT", "CALLED_OFF")}
    assert {
        (one["program"], one["attempt"], one["state"], one["reports"] / one["count"]) for one in orders
    } == well | again | ended
    shipments = rows(
        after,
        "SELECT program, state, count(*), count(DISTINCT journey) AS journeys FROM device_shipment GROUP BY 1, 2",
    )
    assert {(one["program"], one["state"]) for one in shipments} == {
        ("SHIPPED", "confirmed"),
        ("LATE_PARCEL", "returned"),
        ("LATE_PARCEL", "confirmed"),
    }
    assert {one["count"] == one["journeys"] == REQUEST_COUNTS[one["program"]] for one in [*orders, *shipments]} == {
        True
    }


def test_head_ends_received_one_request_per_device(after: KillDrill) -> None:
    seen = rows(after, "SELECT journey, state, outcome FROM head_end_request")
    assert len({one["journey"] for one in seen}) == len(seen)
    assert {(one["state"], one["outcome"]) for one in seen} == {("answered", "ok")}
    checked = REQUEST_COUNTS["SHIPPED"] + REQUEST_COUNTS["CHECKED"] + REQUEST_COUNTS["SILENT"]
    restarted = REQUEST_COUNTS["RESTARTED"] + REQUEST_COUNTS["MUTE"]
    assert Counter(after.journeys.list_head_end_requests()) == {"status_check": checked, "restart": restarted}


def test_each_request_notified_the_derms_once(after: KillDrill) -> None:
    seen = rows(after, "SELECT id, journey, program, state FROM sync_request")
    assert len({one["journey"] for one in seen}) == len(seen)
    assert {one["state"] for one in seen} == {"synchronized"}
    times = dict.fromkeys((*UNENROLLMENT_KINDS, "REPLACED", "LATE_CALL"), 2) | {
        "STAYING": 1,
        "WITHDRAWN": 0,
        "LATE_VISIT": 0,
    }
    expected = +Counter({kind: count * times.get(kind, 1) for kind, count in REQUEST_COUNTS.items()})
    assert Counter(one["program"] for one in seen) == expected
    applied = {one["sync_request_id"]: one["applied"] for one in after.journeys.stack.list_from_derms("/sync-messages")}
    assert [applied[one["id"]] for one in seen] == [1] * len(seen)


def test_the_derms_controls_exactly_the_installed_devices(after: KillDrill) -> None:
    hanging = rows(
        after,
        "SELECT d.id FROM device d JOIN subscription_device sd ON sd.device_id = d.id"
        " WHERE d.state = 'enrolled' AND sd.registration = 'registered'",
    )
    ders = after.journeys.stack.list_from_derms("/ders")
    held = Counter(one["device"]["device_id"] for one in ders if one["state"] == "enrolled")
    assert held == Counter(one["id"] for one in hanging)
    left = (*(UNENROLLMENT_KINDS.keys() - {"STAYING"}), "WITHDRAWN", "LATE_VISIT")
    assert len(hanging) == sum(count for kind, count in REQUEST_COUNTS.items() if kind not in left)


@pytest.mark.parametrize("program", REQUEST_COUNTS)
def test_program_invariants_hold(after: KillDrill, program: str) -> None:
    assert find_violations(after.journeys.stack.database, program, VIOLATIONS | UNFINISHED) == {}


def test_no_step_was_repeated_outside_failures_and_no_transition_is_illegal(after: KillDrill) -> None:
    tables = ("enrollment", "unenrollment", "service_call")
    in_trouble = " UNION ALL ".join(f"SELECT id FROM {table} WHERE program = ANY($1)" for table in tables)
    twice = (
        f"SELECT subject, action, before, count(*) FROM audit_entry WHERE subject <> 'cis'"
        f" AND journey NOT IN ({in_trouble}) GROUP BY subject, action, before HAVING count(*) > 1"
    )
    assert rows(after, twice, [*TROUBLES]) == []
    assert find_illegal_transitions(after.journeys.stack.database, 0) == []

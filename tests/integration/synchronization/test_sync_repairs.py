"""Sync requests are searched by their properties, and many in error are retried in one call, counted first."""

from typing import Any

import pytest

from tests.integration.clients.running_stack import RunningStack
from tests.waiting import wait_for

KNOWN = {"head_ends": "*", "programs": "*", "feeders": "*"}


@pytest.fixture
def refused(doors: RunningStack) -> tuple[str, list[str]]:
    """Add a program with three enrollments that the DERMS refuses, and return their sync requests."""
    program = doors.unique_name("REPAIR")
    doors.add_program(program)
    doors.derms.put("/reference", json={**KNOWN, "feeders": ["NOWHERE-1"]}).raise_for_status()
    enrollments = [doors.submit_accepted(doors.build_application(program=program)) for _ in range(3)]
    requests = [doors.wait_for_sync_request(enrollment, "error")["id"] for enrollment in enrollments]
    doors.derms.put("/reference", json=KNOWN).raise_for_status()
    return program, requests


def listed(doors: RunningStack, **wanted: Any) -> list[str]:
    answer = doors.api.get("/v1/sync-requests", params=wanted).raise_for_status()
    return [one["id"] for one in answer.json()["items"]]


def retried(doors: RunningStack, program: str, **how: Any) -> dict[str, int]:
    body = {"filter": {"program": program}, "dry_run": False, **how}
    return doors.api.post("/v1/sync-requests/retries", json=body).raise_for_status().json()


def test_sync_requests_are_found_by_error(doors: RunningStack, refused: tuple[str, list[str]]) -> None:
    program, requests = refused
    assert set(listed(doors, program=program, error_code="UNKNOWN_FEEDER")) == set(requests)
    assert listed(doors, program=program, error_code="FEEDER_MISSING") == []


def test_sync_requests_are_found_by_subscription_and_age(doors: RunningStack, refused: tuple[str, list[str]]) -> None:
    one = refused[1][0]
    seen = doors.api.get(f"/v1/sync-requests/{one}").json()
    assert listed(doors, subscription=seen["subscription"]) == [one]
    assert listed(doors, subscription=seen["subscription"], older_than="PT1H") == []
    assert listed(doors, subscription=seen["subscription"], created_before=seen["created_at"]) == []


def test_a_dry_run_counts_and_changes_nothing(doors: RunningStack, refused: tuple[str, list[str]]) -> None:
    program, requests = refused
    assert retried(doors, program, dry_run=True) == {"matching": 3, "retried": 0}
    assert set(listed(doors, program=program, state="error")) == set(requests)


def test_many_retries_work_like_one(doors: RunningStack, refused: tuple[str, list[str]]) -> None:
    program, requests = refused
    assert retried(doors, program) == {"matching": 3, "retried": 3}
    wait_for(lambda: set(listed(doors, program=program, state="synchronized")) == set(requests))
    assert {doors.api.get(f"/v1/sync-requests/{one}").json()["revision"] for one in requests} == {2}


def test_requests_over_the_limit_are_left_for_the_next_call(
    doors: RunningStack, refused: tuple[str, list[str]]
) -> None:
    program, requests = refused
    assert retried(doors, program, limit=1) == {"matching": 3, "retried": 1}
    wait_for(lambda: listed(doors, program=program, state="synchronized") == [min(requests)])


def test_no_match_is_no_error(doors: RunningStack) -> None:
    assert retried(doors, doors.unique_name("NONE")) == {"matching": 0, "retried": 0}

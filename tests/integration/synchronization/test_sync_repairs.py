"""Sync requests are searched by their properties, and many in error are retried in one call, counted first."""

from typing import Any

import pytest

from tests.integration.clients.running_stack import RunningStack
from tests.waiting import wait_for

KNOWN = {"head_ends": "*", "programs": "*", "feeders": "*"}


@pytest.fixture
def refused(stack: RunningStack) -> tuple[str, list[str]]:
    """Add a program with three enrollments that the DERMS refuses, and return their sync requests."""
    program = stack.unique_name("REPAIR")
    stack.add_program(program)
    stack.derms.put("/reference", json={**KNOWN, "feeders": ["NOWHERE-1"]}).raise_for_status()
    enrollments = [stack.submit_accepted(stack.build_application(program=program)) for _ in range(3)]
    requests = [stack.wait_for_sync_request(enrollment, "error")["id"] for enrollment in enrollments]
    stack.derms.put("/reference", json=KNOWN).raise_for_status()
    return program, requests


def search(stack: RunningStack, **wanted: Any) -> list[str]:
    response = stack.api.get("/v1/sync-requests", params=wanted).raise_for_status()
    return [one["id"] for one in response.json()["items"]]


def retry_many(stack: RunningStack, program: str, **how: Any) -> dict[str, int]:
    body = {"filter": {"program": program}, "dry_run": False, **how}
    return stack.api.post("/v1/sync-requests/retries", json=body).raise_for_status().json()


def test_sync_requests_are_found_by_error(stack: RunningStack, refused: tuple[str, list[str]]) -> None:
    program, requests = refused
    assert set(search(stack, program=program, error_code="UNKNOWN_FEEDER")) == set(requests)
    assert search(stack, program=program, error_code="FEEDER_MISSING") == []


def test_sync_requests_are_found_by_subscription_and_age(stack: RunningStack, refused: tuple[str, list[str]]) -> None:
    one = refused[1][0]
    view = stack.api.get(f"/v1/sync-requests/{one}").json()
    assert search(stack, subscription=view["subscription"]) == [one]
    assert search(stack, subscription=view["subscription"], older_than="PT1H") == []
    assert search(stack, subscription=view["subscription"], created_before=view["created_at"]) == []


def test_a_dry_run_counts_and_changes_nothing(stack: RunningStack, refused: tuple[str, list[str]]) -> None:
    program, requests = refused
    assert retry_many(stack, program, dry_run=True) == {"matching": 3, "retried": 0}
    assert set(search(stack, program=program, state="error")) == set(requests)


def test_many_retries_work_like_one(stack: RunningStack, refused: tuple[str, list[str]]) -> None:
    program, requests = refused
    assert retry_many(stack, program) == {"matching": 3, "retried": 3}
    wait_for(lambda: set(search(stack, program=program, state="synchronized")) == set(requests))
    assert {stack.api.get(f"/v1/sync-requests/{one}").json()["revision"] for one in requests} == {2}


def test_requests_over_the_limit_are_left_for_the_next_call(
    stack: RunningStack, refused: tuple[str, list[str]]
) -> None:
    program, requests = refused
    assert retry_many(stack, program, limit=1) == {"matching": 3, "retried": 1}
    wait_for(lambda: search(stack, program=program, state="synchronized") == [min(requests)])


def test_no_match_is_no_error(stack: RunningStack) -> None:
    assert retry_many(stack, stack.unique_name("NONE")) == {"matching": 0, "retried": 0}

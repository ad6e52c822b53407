"""A sync request that the DERMS refuses is in error with its reason, until a person repairs and retries or cancels
it."""

from typing import Any

import pytest

from tests.integration.clients.cis_records import build_cis_record
from tests.integration.clients.running_stack import RunningStack
from tests.waiting import wait_for

KNOWN = {"head_ends": "*", "programs": "*", "feeders": "*"}


@pytest.fixture
def refused(stack: RunningStack) -> tuple[str, dict[str, Any]]:
    """An enrollment whose feeder the DERMS does not know, and its sync request."""
    stack.derms.put("/reference", json={**KNOWN, "feeders": ["NOWHERE-1"]}).raise_for_status()
    enrollment = stack.submit_accepted(stack.build_application())
    return enrollment, stack.wait_for_sync_request(enrollment, "error")


def test_the_reason_is_shown(stack: RunningStack, refused: tuple[str, dict[str, Any]]) -> None:
    enrollment, request = refused
    assert request["error_code"] == "UNKNOWN_FEEDER"
    assert "feeder" in request["error_text"].lower()
    assert set(request["available_actions"]) == {"retry", "cancel"}
    (device,) = stack.get_enrollment(enrollment)["subscription"]["devices"]
    assert (device["registration"], device["controllable"]) == ("registration_failed", False)


def test_temporal_lists_parked_workflows(stack: RunningStack, refused: tuple[str, dict[str, Any]]) -> None:
    def attributes() -> dict[str, Any]:
        return {
            pair.key.name: pair.value for pair in stack.describe_enroll_workflow(refused[0]).typed_search_attributes
        }

    wait_for(lambda: attributes().get("NeedsAttention") is True)
    assert attributes()["Stage"] == "needs_attention"


def test_a_repaired_and_retried_request_synchronizes(stack: RunningStack, refused: tuple[str, dict[str, Any]]) -> None:
    enrollment, request = refused
    stack.derms.put("/reference", json=KNOWN).raise_for_status()
    assert stack.api.post(f"/v1/sync-requests/{request['id']}/retry").json()["state"] == "pending"
    done = stack.wait_for_sync_request(enrollment, "synchronized")
    assert (done["revision"], done["error_code"]) == (2, None)
    (device,) = stack.get_enrollment(enrollment)["subscription"]["devices"]
    assert device["controllable"] is True
    assert len(stack.search_derms(device["serial_number"])) == 1


def test_a_retry_without_a_repair_ends_in_error_again(stack: RunningStack, refused: tuple[str, dict[str, Any]]) -> None:
    enrollment, request = refused
    stack.api.post(f"/v1/sync-requests/{request['id']}/retry").raise_for_status()
    wait_for(lambda: (again := stack.wait_for_sync_request(enrollment, "error"))["revision"] == 2 and again)


def test_a_missing_feeder_is_sent_once_the_cis_knows_it(stack: RunningStack) -> None:
    customer = stack.customers.take(feeder="")
    enrollment = stack.submit_accepted(stack.build_application(customer))
    request = stack.wait_for_sync_request(enrollment, "error")
    assert "feeder" in request["error_text"].lower()
    stack.api.put(
        "/v1/customers", json={"customers": [build_cis_record(customer, feeder="CEDAR-12")]}
    ).raise_for_status()
    stack.api.post(f"/v1/sync-requests/{request['id']}/retry").raise_for_status()
    assert stack.wait_for_sync_request(enrollment, "synchronized")["snapshot"]["location"]["feeder"] == "CEDAR-12"


def test_cancelling_with_a_reason_ends_the_workflow(stack: RunningStack, refused: tuple[str, dict[str, Any]]) -> None:
    enrollment, request = refused
    path = f"/v1/sync-requests/{request['id']}/cancel"
    assert stack.api.post(path, json={}).status_code == 422
    assert stack.api.post(path, json={"reason": "the feeder was torn down"}).json()["state"] == "cancelled"
    wait_for(lambda: stack.describe_enroll_workflow(enrollment).close_time)
    timeline = stack.get_enrollment(enrollment)["timeline"]
    assert "the feeder was torn down" in [one["reason"] for one in timeline]
    assert stack.api.get(f"/v1/sync-requests/{request['id']}").json()["note"] == "the feeder was torn down"


@pytest.mark.parametrize("action", ["retry", "cancel"])
def test_a_synchronized_request_can_neither_be_retried_nor_cancelled(stack: RunningStack, action: str) -> None:
    (request,) = stack.get_enrollment(stack.enroll())["sync_requests"]
    response = stack.api.post(f"/v1/sync-requests/{request['id']}/{action}", json={"reason": "why not"})
    assert (response.status_code, response.json()["type"].split("#")[1]) == (409, "illegal-transition")

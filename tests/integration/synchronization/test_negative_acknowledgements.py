"""A sync request that the DERMS refuses is in error with its reason, until a person repairs and retries or cancels
it."""

from typing import Any

import pytest

from tests.integration.clients.cis_records import build_cis_record
from tests.integration.clients.running_stack import RunningStack
from tests.waiting import wait_for

KNOWN = {"head_ends": "*", "programs": "*", "feeders": "*"}


@pytest.fixture
def refused(doors: RunningStack) -> tuple[str, dict[str, Any]]:
    """An enrollment whose feeder the DERMS does not know, and its sync request."""
    doors.derms.put("/reference", json={**KNOWN, "feeders": ["NOWHERE-1"]}).raise_for_status()
    enrollment = doors.submit_accepted(doors.build_application())
    return enrollment, doors.wait_for_sync_request(enrollment, "error")


def test_the_reason_is_shown(doors: RunningStack, refused: tuple[str, dict[str, Any]]) -> None:
    enrollment, request = refused
    assert request["error_code"] == "UNKNOWN_FEEDER"
    assert "feeder" in request["error_text"].lower()
    assert set(request["available_actions"]) == {"retry", "cancel"}
    (device,) = doors.get_enrollment(enrollment)["subscription"]["devices"]
    assert (device["registration"], device["controllable"]) == ("registration_failed", False)


def test_temporal_lists_parked_workflows(doors: RunningStack, refused: tuple[str, dict[str, Any]]) -> None:
    def attributes() -> dict[str, Any]:
        return {
            pair.key.name: pair.value for pair in doors.describe_enroll_workflow(refused[0]).typed_search_attributes
        }

    wait_for(lambda: attributes().get("NeedsAttention") is True)
    assert attributes()["Stage"] == "needs_attention"


def test_a_repaired_and_retried_request_synchronizes(doors: RunningStack, refused: tuple[str, dict[str, Any]]) -> None:
    enrollment, request = refused
    doors.derms.put("/reference", json=KNOWN).raise_for_status()
    assert doors.api.post(f"/v1/sync-requests/{request['id']}/retry").json()["state"] == "pending"
    done = doors.wait_for_sync_request(enrollment, "synchronized")
    assert (done["revision"], done["error_code"]) == (2, None)
    (device,) = doors.get_enrollment(enrollment)["subscription"]["devices"]
    assert device["controllable"] is True
    assert len(doors.search_derms(device["serial_number"])) == 1


def test_a_retry_without_a_repair_ends_in_error_again(doors: RunningStack, refused: tuple[str, dict[str, Any]]) -> None:
    enrollment, request = refused
    doors.api.post(f"/v1/sync-requests/{request['id']}/retry").raise_for_status()
    wait_for(lambda: (again := doors.wait_for_sync_request(enrollment, "error"))["revision"] == 2 and again)


def test_a_missing_feeder_is_sent_once_the_cis_knows_it(doors: RunningStack) -> None:
    who = doors.customers.take(feeder="")
    enrollment = doors.submit_accepted(doors.build_application(who))
    request = doors.wait_for_sync_request(enrollment, "error")
    assert "feeder" in request["error_text"].lower()
    doors.api.put("/v1/customers", json={"customers": [build_cis_record(who, feeder="CEDAR-12")]}).raise_for_status()
    doors.api.post(f"/v1/sync-requests/{request['id']}/retry").raise_for_status()
    assert doors.wait_for_sync_request(enrollment, "synchronized")["snapshot"]["location"]["feeder"] == "CEDAR-12"


def test_cancelling_with_a_reason_ends_the_workflow(doors: RunningStack, refused: tuple[str, dict[str, Any]]) -> None:
    enrollment, request = refused
    door = f"/v1/sync-requests/{request['id']}/cancel"
    assert doors.api.post(door, json={}).status_code == 422
    assert doors.api.post(door, json={"reason": "the feeder was torn down"}).json()["state"] == "cancelled"
    wait_for(lambda: doors.describe_enroll_workflow(enrollment).close_time)
    timeline = doors.get_enrollment(enrollment)["timeline"]
    assert "the feeder was torn down" in [one["reason"] for one in timeline]
    assert doors.api.get(f"/v1/sync-requests/{request['id']}").json()["note"] == "the feeder was torn down"


@pytest.mark.parametrize("action", ["retry", "cancel"])
def test_a_synchronized_request_can_neither_be_retried_nor_cancelled(doors: RunningStack, action: str) -> None:
    (request,) = doors.get_enrollment(doors.enroll())["sync_requests"]
    answer = doors.api.post(f"/v1/sync-requests/{request['id']}/{action}", json={"reason": "why not"})
    assert (answer.status_code, answer.json()["type"].split("#")[1]) == (409, "illegal-transition")

"""Shipped devices and status checks on the real stack (docs/domain.md#device-setup)."""

import httpx
import pytest
from temporalio.common import SearchAttributeKey

from tests.integration.clients.device_setup import DeviceSetupClient
from tests.waiting import wait_for

NEEDS_ATTENTION = SearchAttributeKey.for_bool("NeedsAttention")


def test_a_shipped_device_is_enrolled_after_the_customers_confirmation(setup: DeviceSetupClient) -> None:
    enrollment, shipment = setup.enroll_with_shipment()
    assert setup.post(shipment, "shipped", carrier="Parcel Post", tracking_reference="PP-1").is_success
    status = setup.post(shipment, "delivered").json()
    assert (status["state"], status["links"]) == ("delivered", setup.get_shipment(shipment)["links"])
    device = setup.build_device()
    for _ in range(2):
        assert setup.post(shipment, "confirmed", confirmed_by="customer", **device).json()["state"] == "confirmed"
    setup.stack.wait_for_sync_request(enrollment, "synchronized")
    view = setup.stack.get_enrollment(enrollment)
    assert (view["state"], view["subscription"]["state"]) == ("enrolled", "active")
    assert view["subscription"]["devices"][0]["serial_number"] == device["serial_number"]
    texts = [entry["what"] for entry in view["timeline"]]
    expected = ["Device sent", "Device delivered", "Head-end answered", "Enrolled"]
    assert [what for what in texts if what in expected] == expected
    (sent,), (checked,) = view["shipments"], view["head_end_requests"]
    assert (sent["id"], sent["state"], sent["tracking_reference"]) == (shipment, "confirmed", "PP-1")
    assert (sent["next_step"], sent["available_actions"]) == ("The device is installed; its enrollment goes on.", [])
    assert (checked["kind"], checked["outcome"], checked["next_step"]) == ("status_check", "ok", "The device answers.")
    assert checked["serial_number"] == device["serial_number"]


def test_a_tracking_number_can_be_added_or_corrected(setup: DeviceSetupClient) -> None:
    enrollment, shipment = setup.enroll_with_shipment()
    texts: list[dict[str, str]] = [
        {"carrier": "Parcel Post"},
        {"tracking_reference": "PP-1"},
        {"tracking_reference": "PP-1"},
        {},
        {"carrier": "Parcel Post", "tracking_reference": "PP-2"},
    ]
    for one in texts:
        assert setup.post(shipment, "shipped", **one).json()["state"] == "shipped"
    view = setup.get_shipment(shipment)
    assert (view["carrier"], view["tracking_reference"]) == ("Parcel Post", "PP-2")
    timeline = [entry["what"] for entry in setup.stack.get_enrollment(enrollment)["timeline"]]
    assert timeline.count("Device sent") == 1
    assert timeline.count("Parcel tracking updated") == 2
    setup.post(shipment, "delivered").raise_for_status()
    response = setup.post(shipment, "shipped", tracking_reference="PP-3")
    assert (response.status_code, response.json()["detail"].partition(" is ")[2][:9]) == (409, "delivered")


def test_an_invalid_confirmation_is_refused_and_not_stored(setup: DeviceSetupClient) -> None:
    _, shipment = setup.enroll_with_shipment()
    response = setup.post(
        shipment, "confirmed", confirmed_by="customer", **{**setup.build_device(), "specification": "nest-thermostat"}
    )
    assert (response.status_code, response.json()["type"].rsplit("#")[-1]) == (422, "confirmation-refused")
    assert [one["pointer"] for one in response.json()["errors"]] == ["/specification"]
    assert setup.get_shipment(shipment)["state"] == "ordered"


def test_another_confirmation_after_the_first_is_refused(setup: DeviceSetupClient) -> None:
    enrollment, shipment = setup.enroll_with_shipment()
    assert setup.post(shipment, "confirmed", confirmed_by="customer", **setup.build_device()).status_code == 202
    assert setup.post(shipment, "confirmed", confirmed_by="customer", **setup.build_device()).status_code == 409
    setup.stack.wait_for_sync_request(enrollment, "synchronized")


def test_cancelling_during_shipment_undoes_the_setup(setup: DeviceSetupClient) -> None:
    enrollment, shipment = setup.enroll_with_shipment()
    setup.post(shipment, "shipped").raise_for_status()
    held = setup.stack.database.value("SELECT devices FROM program_capacity WHERE program = 'TSTAT-KIT'")
    setup.stack.api.post(f"/v1/program-enrollments/{enrollment}/cancel", json={"reason": "moved"}).raise_for_status()
    view = setup.stack.get_enrollment(enrollment)
    assert (view["state"], view["subscription"]["state"]) == ("cancelled", "cancelled")
    assert setup.get_shipment(shipment)["state"] == "cancelled"
    assert setup.stack.database.value("SELECT devices FROM program_capacity WHERE program = 'TSTAT-KIT'") == held - 1
    assert setup.post(shipment, "confirmed", confirmed_by="customer", **setup.build_device()).status_code == 409
    assert setup.post(shipment, "returned", reason="sent back").json()["state"] == "returned"
    wait_for(lambda: setup.stack.describe_enroll_workflow(enrollment).close_time)


def test_a_returned_shipment_is_parked_and_a_retry_sends_another(setup: DeviceSetupClient) -> None:
    enrollment, shipment = setup.enroll_with_shipment()
    setup.post(shipment, "shipped").raise_for_status()
    setup.post(shipment, "returned", reason="address unknown").raise_for_status()
    assert "came back" in setup.get_shipment(shipment)["next_step"]
    setup.stack.wait_for_enrollment(enrollment, "needs_attention")
    setup.stack.api.post(f"/v1/program-enrollments/{enrollment}/retry").raise_for_status()
    again = wait_for(lambda: [one for one in setup.list_shipments(enrollment) if one["state"] == "ordered"])[0]["id"]
    assert setup.post(again, "confirmed", confirmed_by="customer", **setup.build_device()).status_code == 202
    setup.stack.wait_for_sync_request(enrollment, "synchronized")


@pytest.mark.parametrize("response", ["at_once", "callback"])
def test_a_customers_own_device_is_enrolled_when_it_answers(setup: DeviceSetupClient, response: str) -> None:
    setup.head_end.set_faults(answer=response)
    enrollment = setup.enroll(devices=[setup.build_device()])
    setup.stack.wait_for_sync_request(enrollment, "synchronized")
    assert setup.stack.get_enrollment(enrollment)["state"] == "enrolled"


@pytest.mark.parametrize("state", ["offline", "unknown", "broken"])
def test_a_silent_device_is_parked_until_it_answers(setup: DeviceSetupClient, state: str) -> None:
    device = setup.build_device()
    setup.head_end.set_device_state(device, state)
    enrollment = setup.enroll(devices=[device])
    parked = setup.stack.wait_for_enrollment(enrollment, "needs_attention")
    assert parked["reason"].startswith("The device check failed. A device of sensi-cloud")
    assert device["serial_number"] not in parked["reason"]
    assert parked["head_end_requests"][0]["next_step"].startswith("The device ")
    wait_for(lambda: setup.stack.describe_enroll_workflow(enrollment).typed_search_attributes.get(NEEDS_ATTENTION))
    assert len(setup.stack.get_enrollment(enrollment)["head_end_requests"]) == 1
    setup.head_end.set_device_state(device, "online")
    setup.stack.api.post(f"/v1/program-enrollments/{enrollment}/retry").raise_for_status()
    setup.stack.wait_for_sync_request(enrollment, "synchronized")


def test_a_silent_device_that_comes_back_online_needs_no_person(setup: DeviceSetupClient) -> None:
    device = setup.build_device()
    setup.head_end.set_device_state(device, "silent")
    enrollment = setup.enroll(devices=[device])
    assert setup.stack.wait_for_enrollment(enrollment, "needs_attention")["head_end_requests"][0]["state"] == "given_up"
    setup.head_end.set_device_state(device, "online")
    setup.stack.wait_for_sync_request(enrollment, "synchronized")


def test_cancelling_while_a_device_is_silent_ends_the_enrollment(setup: DeviceSetupClient) -> None:
    device = setup.build_device()
    setup.head_end.set_device_state(device, "silent")
    enrollment = setup.enroll(devices=[device])
    wait_for(lambda: setup.head_end.list_requests_since(device, since=setup.stack.get_enrollment(enrollment)))
    setup.stack.api.post(f"/v1/program-enrollments/{enrollment}/cancel", json={"reason": "no time"}).raise_for_status()
    wait_for(lambda: setup.stack.describe_enroll_workflow(enrollment).close_time)
    setup.head_end.set_device_state(device, "online")
    assert setup.stack.get_enrollment(enrollment)["subscription"]["state"] == "cancelled"


def test_unsigned_answers_are_refused_and_unknown_ones_change_nothing(setup: DeviceSetupClient) -> None:
    answers = {"answers": [{"message_id": "a", "request_id": setup.stack.unique_name("her"), "outcome": "ok"}]}
    assert (
        httpx.post(
            f"{setup.stack.description['api_url']}/v1/head-end/answers", json=answers, trust_env=False
        ).status_code
        == 401
    )
    taken = setup.stack.api.post("/v1/head-end/answers", json=answers)
    assert (taken.status_code, taken.json()) == (202, {"received": 1, "new": 0})

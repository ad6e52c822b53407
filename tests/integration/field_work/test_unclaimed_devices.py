"""Work done for a request that has ended needs a person: no installed or shipped device is forgotten."""

from typing import Any

import pytest

from tests.integration.clients.device_setup import DeviceSetupClient
from tests.integration.clients.installations import InstallationClient
from tests.integration.clients.running_stack import RunningStack
from tests.integration.clients.service_calls import ServiceCallClient
from tests.integration.clients.unenrollments import UnenrollmentClient
from tests.waiting import wait_for


@pytest.fixture
def installations(stack: RunningStack) -> InstallationClient:
    return InstallationClient(stack)


def _cancel(stack: RunningStack, enrollment: str) -> None:
    path = f"/v1/program-enrollments/{enrollment}/cancel"
    stack.api.post(path, json={"reason": "moved"}).raise_for_status()


def _listed(stack: RunningStack, enrollment: str) -> list[dict[str, Any]]:
    items = stack.api.get("/v1/attention", params={"limit": 200}).raise_for_status().json()["items"]
    return [one for one in items if one["enrollment"] == enrollment]


def _do(stack: RunningStack, item: dict[str, Any], name: str) -> None:
    action = next(one for one in item["actions"] if one["action"] == name)
    stack.api.post(action["href"], json=action["body"]).raise_for_status()


def test_a_device_installed_after_cancellation_needs_attention(installations: InstallationClient) -> None:
    enrollment, order = installations.enroll_with_order()
    installations.post(order, "progress", step="on_site")
    _cancel(installations.stack, enrollment)
    report = installations.post_accepted_completion(order)
    (item,) = _listed(installations.stack, enrollment)
    serial = report["device_installed"]["serial_number"]
    why = f"A device {serial} was installed, although it was not wanted any more: moved"
    assert (item["kind"], item["id"], item["why"]) == ("work_unclaimed", order, why)
    view = installations.get_order(order)
    assert (view["unclaimed"], view["available_actions"]) == (why, ["settle"])
    assert view["next_step"].startswith(why)
    _do(installations.stack, item, "settle")
    assert _listed(installations.stack, enrollment) == []
    assert (installations.get_order(order)["unclaimed"], installations.get_order(order)["available_actions"]) == (
        None,
        [],
    )
    assert installations.post(order, "settle", reason="once more").status_code == 409
    texts = [entry["what"] for entry in installations.stack.get_enrollment(enrollment)["timeline"]]
    assert texts[-2:] == ["Something was done on site that is not wanted any more", "What was done on site is settled"]


def test_a_report_on_a_cancelled_order_needs_attention(installations: InstallationClient) -> None:
    enrollment, order = installations.enroll_with_order()
    _cancel(installations.stack, enrollment)
    installations.wait_for_workflow_end(enrollment)
    installations.post_accepted_completion(order)
    (item,) = _listed(installations.stack, enrollment)
    assert (item["kind"], installations.get_order(order)["state"]) == ("work_unclaimed", "cancelled")


def test_a_device_removed_after_the_removal_ended_needs_attention(installations: InstallationClient) -> None:
    unenrollments = UnenrollmentClient(installations.stack)
    enrollment = unenrollments.enroll_lent(unenrollments.add_lending_program())
    unenrollment = unenrollments.submit_accepted(enrollment)
    order = unenrollments.wait_for_order(unenrollment)
    unenrollments.signal_completion(unenrollment, order, "customer_refused")
    (device,) = unenrollments.wait_for_state(unenrollment, "needs_attention")["devices"]
    unenrollments.post_accepted(unenrollment, f"devices/{device['id']}/kept", reason="let them have it")
    view = installations.get_order(order)
    assert view["next_step"] == "The order is off, and no other visit is needed: let them have it."
    assert view["available_actions"] == []
    removed = {"serial_number": device["serial_number"], "condition": "worn"}
    installations.post_accepted_completion(order, device_removed=removed, device_installed=None)
    (item,) = _listed(installations.stack, enrollment)
    why = f"The device {device['serial_number']} was taken away, although it was not wanted any more: let them have it"
    assert (item["kind"], item["why"]) == ("work_unclaimed", why)


def test_a_device_replaced_after_the_call_closed_needs_attention(installations: InstallationClient) -> None:
    service_calls = ServiceCallClient(installations.stack)
    enrollment = service_calls.enroll_battery()
    call, order = service_calls.submit_with_visit(enrollment)
    service_calls.post_accepted_completion(order, "customer_refused")
    service_calls.wait_for_state(call, "closed")
    service_calls.post_accepted_completion(
        order, "device_replaced", **service_calls.build_replacement(enrollment, "tesla-powerwall-3")
    )
    (item,) = _listed(installations.stack, enrollment)
    assert (item["kind"], item["id"]) == ("work_unclaimed", order["id"])
    assert item["why"].endswith("the service call was closed with customer_refused")


def test_a_visit_without_changes_needs_no_attention(installations: InstallationClient) -> None:
    enrollment, order = installations.enroll_with_order()
    installations.post(order, "progress", step="on_site")
    _cancel(installations.stack, enrollment)
    installations.post_accepted_completion(order, "no_access")
    assert _listed(installations.stack, enrollment) == []


def test_cancelling_during_the_check_of_an_installed_device_needs_attention(
    installations: InstallationClient, setup: DeviceSetupClient
) -> None:
    way = {"installation_method": "utility_installation", "asset_ownership": "utility_owned"}
    checked = {**way, "steps": ["work_order", "device_status_check"]}
    enrollment, order = installations.enroll_with_order(program=installations.add_program(also=[checked]))
    report = installations.build_completion()
    device = report["device_installed"]
    setup.head_end.set_device_state(device, "silent")
    installations.post(order, "completion", **report).raise_for_status()
    wait_for(lambda: setup.head_end.list_requests_since(device, since=installations.stack.get_enrollment(enrollment)))
    _cancel(installations.stack, enrollment)
    setup.head_end.set_device_state(device, "online")
    (item,) = _listed(installations.stack, enrollment)
    assert (item["kind"], device["serial_number"] in item["why"]) == ("work_unclaimed", True)
    assert installations.get_order(order)["state"] == "completed"


def test_a_device_shipped_for_a_cancelled_enrollment_is_expected_back(setup: DeviceSetupClient) -> None:
    enrollment, shipment = setup.enroll_with_shipment()
    setup.post(shipment, "shipped", carrier="Parcel Post").raise_for_status()
    _cancel(setup.stack, enrollment)
    (item,) = _listed(setup.stack, enrollment)
    assert (item["kind"], item["id"]) == ("shipment_unclaimed", shipment)
    view = setup.get_shipment(shipment)
    assert (view["state"], view["available_actions"]) == ("cancelled", ["returned", "settle"])
    assert view["unclaimed"] == "A device was sent to the customer, who does not take part: moved"
    _do(setup.stack, item, "returned")
    assert _listed(setup.stack, enrollment) == []
    view = setup.get_shipment(shipment)
    assert (view["state"], view["unclaimed"], view["available_actions"]) == ("returned", None, [])


def test_a_device_that_never_comes_back_is_settled(setup: DeviceSetupClient) -> None:
    enrollment, shipment = setup.enroll_with_shipment()
    setup.post(shipment, "delivered").raise_for_status()
    _cancel(setup.stack, enrollment)
    (item,) = _listed(setup.stack, enrollment)
    _do(setup.stack, item, "settle")
    assert _listed(setup.stack, enrollment) == []
    view = setup.get_shipment(shipment)
    assert (view["state"], view["unclaimed"], view["available_actions"]) == ("cancelled", None, [])
    assert setup.post(shipment, "settle", reason="twice").status_code == 409


def test_an_unshipped_device_needs_no_attention(setup: DeviceSetupClient) -> None:
    enrollment, shipment = setup.enroll_with_shipment()
    _cancel(setup.stack, enrollment)
    assert _listed(setup.stack, enrollment) == []
    assert setup.get_shipment(shipment)["next_step"] == "The enrollment has ended; nothing is left to do."

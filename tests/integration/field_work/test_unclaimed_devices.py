"""What was done or sent for a request that has ended waits for a person: nothing that hangs somewhere is forgotten."""

from typing import Any

import pytest

from tests.integration.clients.device_setup import DeviceSetupClient
from tests.integration.clients.installations import InstallationClient
from tests.integration.clients.running_stack import RunningStack
from tests.integration.clients.service_calls import ServiceCallClient
from tests.integration.clients.unenrollments import UnenrollmentClient
from tests.waiting import wait_for


@pytest.fixture
def field(doors: RunningStack) -> InstallationClient:
    return InstallationClient(doors)


def _cancel(doors: RunningStack, enrollment: str) -> None:
    door = f"/v1/program-enrollments/{enrollment}/cancel"
    doors.api.post(door, json={"reason": "moved"}).raise_for_status()


def _listed(doors: RunningStack, enrollment: str) -> list[dict[str, Any]]:
    items = doors.api.get("/v1/attention", params={"limit": 200}).raise_for_status().json()["items"]
    return [one for one in items if one["enrollment"] == enrollment]


def _do(doors: RunningStack, item: dict[str, Any], name: str) -> None:
    action = next(one for one in item["actions"] if one["action"] == name)
    doors.api.post(action["href"], json=action["body"]).raise_for_status()


def test_a_device_installed_after_its_enrolment_was_cancelled_waits_for_a_person(field: InstallationClient) -> None:
    enrollment, order = field.enroll_with_order()
    field.post(order, "progress", step="on_site")
    _cancel(field.stack, enrollment)
    report = field.post_accepted_completion(order)
    (item,) = _listed(field.stack, enrollment)
    serial = report["device_installed"]["serial_number"]
    why = f"A device {serial} was installed, although it was not wanted any more: moved"
    assert (item["kind"], item["id"], item["why"]) == ("work_unclaimed", order, why)
    seen = field.get_order(order)
    assert (seen["unclaimed"], seen["available_actions"]) == (why, ["settle"])
    assert seen["next_step"].startswith(why)
    _do(field.stack, item, "settle")
    assert _listed(field.stack, enrollment) == []
    assert (field.get_order(order)["unclaimed"], field.get_order(order)["available_actions"]) == (None, [])
    assert field.post(order, "settle", reason="once more").status_code == 409
    told = [entry["what"] for entry in field.stack.get_enrollment(enrollment)["timeline"]]
    assert told[-2:] == ["Something was done on site that is not wanted any more", "What was done on site is settled"]


def test_a_technician_who_did_not_hear_that_the_order_is_off_is_not_lost_either(field: InstallationClient) -> None:
    enrollment, order = field.enroll_with_order()
    _cancel(field.stack, enrollment)
    field.wait_for_workflow_end(enrollment)
    field.post_accepted_completion(order)
    (item,) = _listed(field.stack, enrollment)
    assert (item["kind"], field.get_order(order)["state"]) == ("work_unclaimed", "cancelled")


def test_a_device_fetched_after_it_was_given_up_waits_for_a_person(field: InstallationClient) -> None:
    leaving = UnenrollmentClient(field.stack)
    enrollment = leaving.enroll_lent(leaving.add_lending_program())
    unenrollment = leaving.submit_accepted(enrollment)
    order = leaving.wait_for_order(unenrollment)
    leaving.signal_completion(unenrollment, order, "customer_refused")
    (device,) = leaving.wait_for_state(unenrollment, "needs_attention")["devices"]
    leaving.post_accepted(unenrollment, f"devices/{device['id']}/kept", reason="let them have it")
    seen = field.get_order(order)
    assert seen["next_step"] == "The order is off, and no other visit is needed: let them have it."
    assert seen["available_actions"] == []
    removed = {"serial_number": device["serial_number"], "condition": "worn"}
    field.post_accepted_completion(order, device_removed=removed, device_installed=None)
    (item,) = _listed(field.stack, enrollment)
    why = f"The device {device['serial_number']} was taken away, although it was not wanted any more: let them have it"
    assert (item["kind"], item["why"]) == ("work_unclaimed", why)


def test_a_device_replaced_after_its_service_call_was_closed_waits_for_a_person(field: InstallationClient) -> None:
    calling = ServiceCallClient(field.stack)
    enrollment = calling.enroll_battery()
    call, order = calling.submit_with_visit(enrollment)
    calling.post_accepted_completion(order, "customer_refused")
    calling.wait_for_state(call, "closed")
    calling.post_accepted_completion(
        order, "device_replaced", **calling.build_replacement(enrollment, "tesla-powerwall-3")
    )
    (item,) = _listed(field.stack, enrollment)
    assert (item["kind"], item["id"]) == ("work_unclaimed", order["id"])
    assert item["why"].endswith("the service call was closed with customer_refused")


def test_a_visit_that_changed_nothing_needs_nobody(field: InstallationClient) -> None:
    enrollment, order = field.enroll_with_order()
    field.post(order, "progress", step="on_site")
    _cancel(field.stack, enrollment)
    field.post_accepted_completion(order, "no_access")
    assert _listed(field.stack, enrollment) == []


def test_an_enrolment_cancelled_while_its_installed_device_is_checked_leaves_it_to_a_person(
    field: InstallationClient, setup: DeviceSetupClient
) -> None:
    way = {"installation_method": "utility_installation", "asset_ownership": "utility_owned"}
    checked = {**way, "steps": ["work_order", "device_status_check"]}
    enrollment, order = field.enroll_with_order(program=field.add_program(also=[checked]))
    report = field.build_completion()
    device = report["device_installed"]
    setup.head_end.set_device_state(device, "silent")
    field.post(order, "completion", **report).raise_for_status()
    wait_for(lambda: setup.head_end.list_requests_since(device, since=field.stack.get_enrollment(enrollment)))
    _cancel(field.stack, enrollment)
    setup.head_end.set_device_state(device, "online")
    (item,) = _listed(field.stack, enrollment)
    assert (item["kind"], device["serial_number"] in item["why"]) == ("work_unclaimed", True)
    assert field.get_order(order)["state"] == "completed"


def test_a_device_that_was_sent_for_a_cancelled_enrolment_should_come_back(setup: DeviceSetupClient) -> None:
    enrollment, shipment = setup.enroll_with_shipment()
    setup.post(shipment, "shipped", carrier="Parcel Post").raise_for_status()
    _cancel(setup.stack, enrollment)
    (item,) = _listed(setup.stack, enrollment)
    assert (item["kind"], item["id"]) == ("shipment_unclaimed", shipment)
    seen = setup.get_shipment(shipment)
    assert (seen["state"], seen["available_actions"]) == ("cancelled", ["returned", "settle"])
    assert seen["unclaimed"] == "A device was sent to the customer, who does not take part: moved"
    _do(setup.stack, item, "returned")
    assert _listed(setup.stack, enrollment) == []
    seen = setup.get_shipment(shipment)
    assert (seen["state"], seen["unclaimed"], seen["available_actions"]) == ("returned", None, [])


def test_a_device_that_never_comes_back_is_settled(setup: DeviceSetupClient) -> None:
    enrollment, shipment = setup.enroll_with_shipment()
    setup.post(shipment, "delivered").raise_for_status()
    _cancel(setup.stack, enrollment)
    (item,) = _listed(setup.stack, enrollment)
    _do(setup.stack, item, "settle")
    assert _listed(setup.stack, enrollment) == []
    seen = setup.get_shipment(shipment)
    assert (seen["state"], seen["unclaimed"], seen["available_actions"]) == ("cancelled", None, [])
    assert setup.post(shipment, "settle", reason="twice").status_code == 409


def test_a_device_that_never_left_the_warehouse_needs_nobody(setup: DeviceSetupClient) -> None:
    enrollment, shipment = setup.enroll_with_shipment()
    _cancel(setup.stack, enrollment)
    assert _listed(setup.stack, enrollment) == []
    assert setup.get_shipment(shipment)["next_step"] == "The enrollment has ended; nothing is left to do."

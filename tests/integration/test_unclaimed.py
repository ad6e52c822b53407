"""What was done or sent for a request that has ended waits for a person: nothing that hangs somewhere is forgotten."""

from typing import Any

import pytest

from tests.integration.calling import Calling
from tests.integration.doors import Doors
from tests.integration.installing import Installing
from tests.integration.leaving import Leaving
from tests.integration.setting_up import Setup
from tests.patience import wait_for


@pytest.fixture
def field(doors: Doors) -> Installing:
    return Installing(doors)


def _cancel(doors: Doors, enrollment: str) -> None:
    door = f"/v1/program-enrollments/{enrollment}/cancel"
    doors.api.post(door, json={"reason": "moved"}).raise_for_status()


def _listed(doors: Doors, enrollment: str) -> list[dict[str, Any]]:
    items = doors.api.get("/v1/attention", params={"limit": 200}).raise_for_status().json()["items"]
    return [one for one in items if one["enrollment"] == enrollment]


def _do(doors: Doors, item: dict[str, Any], name: str) -> None:
    action = next(one for one in item["actions"] if one["action"] == name)
    doors.api.post(action["href"], json=action["body"]).raise_for_status()


def test_a_device_installed_after_its_enrolment_was_cancelled_waits_for_a_person(field: Installing) -> None:
    enrollment, order = field.ordered()
    field.do(order, "progress", step="on_site")
    _cancel(field.doors, enrollment)
    report = field.reported(order)
    (item,) = _listed(field.doors, enrollment)
    serial = report["device_installed"]["serial_number"]
    why = f"A device {serial} was installed, although it was not wanted any more: moved"
    assert (item["kind"], item["id"], item["why"]) == ("work_unclaimed", order, why)
    seen = field.order(order)
    assert (seen["unclaimed"], seen["available_actions"]) == (why, ["settle"])
    assert seen["next_step"].startswith(why)
    _do(field.doors, item, "settle")
    assert _listed(field.doors, enrollment) == []
    assert (field.order(order)["unclaimed"], field.order(order)["available_actions"]) == (None, [])
    assert field.do(order, "settle", reason="once more").status_code == 409
    told = [entry["what"] for entry in field.doors.enrollment(enrollment)["timeline"]]
    assert told[-2:] == ["Something was done on site that is not wanted any more", "What was done on site is settled"]


def test_a_technician_who_did_not_hear_that_the_order_is_off_is_not_lost_either(field: Installing) -> None:
    enrollment, order = field.ordered()
    _cancel(field.doors, enrollment)
    field.over(enrollment)
    field.reported(order)
    (item,) = _listed(field.doors, enrollment)
    assert (item["kind"], field.order(order)["state"]) == ("work_unclaimed", "cancelled")


def test_a_device_fetched_after_it_was_given_up_waits_for_a_person(field: Installing) -> None:
    leaving = Leaving(field.doors)
    enrollment = leaving.lent(leaving.lend())
    unenrollment = leaving.asked(enrollment)
    order = leaving.order(unenrollment)
    leaving.report(unenrollment, order, "customer_refused")
    (device,) = leaving.reaches(unenrollment, "needs_attention")["devices"]
    leaving.done(unenrollment, f"devices/{device['id']}/kept", reason="let them have it")
    seen = field.order(order)
    assert seen["next_step"] == "The order is off, and no other visit is needed: let them have it."
    assert seen["available_actions"] == []
    removed = {"serial_number": device["serial_number"], "condition": "worn"}
    field.reported(order, device_removed=removed, device_installed=None)
    (item,) = _listed(field.doors, enrollment)
    why = f"The device {device['serial_number']} was taken away, although it was not wanted any more: let them have it"
    assert (item["kind"], item["why"]) == ("work_unclaimed", why)


def test_a_device_replaced_after_its_service_call_was_closed_waits_for_a_person(field: Installing) -> None:
    calling = Calling(field.doors)
    enrollment = calling.battery()
    call, order = calling.visited(enrollment)
    calling.reported(order, "customer_refused")
    calling.reaches(call, "closed")
    calling.reported(order, "device_replaced", **calling.swap(enrollment, "tesla-powerwall-3"))
    (item,) = _listed(field.doors, enrollment)
    assert (item["kind"], item["id"]) == ("work_unclaimed", order["id"])
    assert item["why"].endswith("the service call was closed with customer_refused")


def test_a_visit_that_changed_nothing_needs_nobody(field: Installing) -> None:
    enrollment, order = field.ordered()
    field.do(order, "progress", step="on_site")
    _cancel(field.doors, enrollment)
    field.reported(order, "no_access")
    assert _listed(field.doors, enrollment) == []


def test_an_enrolment_cancelled_while_its_installed_device_is_checked_leaves_it_to_a_person(
    field: Installing, setup: Setup
) -> None:
    way = {"installation_method": "utility_installation", "asset_ownership": "utility_owned"}
    checked = {**way, "steps": ["work_order", "device_status_check"]}
    enrollment, order = field.ordered(program=field.offer(also=[checked]))
    report = field.report()
    device = report["device_installed"]
    setup.cloud.tell(device, "silent")
    field.do(order, "completion", **report).raise_for_status()
    wait_for(lambda: setup.cloud.asked(device, since=field.doors.enrollment(enrollment)))
    _cancel(field.doors, enrollment)
    setup.cloud.tell(device, "online")
    (item,) = _listed(field.doors, enrollment)
    assert (item["kind"], device["serial_number"] in item["why"]) == ("work_unclaimed", True)
    assert field.order(order)["state"] == "completed"


def test_a_device_that_was_sent_for_a_cancelled_enrolment_should_come_back(setup: Setup) -> None:
    enrollment, shipment = setup.shipped()
    setup.do(shipment, "shipped", carrier="Parcel Post").raise_for_status()
    _cancel(setup.doors, enrollment)
    (item,) = _listed(setup.doors, enrollment)
    assert (item["kind"], item["id"]) == ("shipment_unclaimed", shipment)
    seen = setup.shipment(shipment)
    assert (seen["state"], seen["available_actions"]) == ("cancelled", ["returned", "settle"])
    assert seen["unclaimed"] == "A device was sent to the customer, who does not take part: moved"
    _do(setup.doors, item, "returned")
    assert _listed(setup.doors, enrollment) == []
    seen = setup.shipment(shipment)
    assert (seen["state"], seen["unclaimed"], seen["available_actions"]) == ("returned", None, [])


def test_a_device_that_never_comes_back_is_settled(setup: Setup) -> None:
    enrollment, shipment = setup.shipped()
    setup.do(shipment, "delivered").raise_for_status()
    _cancel(setup.doors, enrollment)
    (item,) = _listed(setup.doors, enrollment)
    _do(setup.doors, item, "settle")
    assert _listed(setup.doors, enrollment) == []
    seen = setup.shipment(shipment)
    assert (seen["state"], seen["unclaimed"], seen["available_actions"]) == ("cancelled", None, [])
    assert setup.do(shipment, "settle", reason="twice").status_code == 409


def test_a_device_that_never_left_the_warehouse_needs_nobody(setup: Setup) -> None:
    enrollment, shipment = setup.shipped()
    _cancel(setup.doors, enrollment)
    assert _listed(setup.doors, enrollment) == []
    assert setup.shipment(shipment)["next_step"] == "The enrolment has ended; nothing is left to do."

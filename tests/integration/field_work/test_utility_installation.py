"""A device that a technician installs, from the request to a synchronized grid resource.

See docs/domain.md#device-setup.
"""

import pytest

from tests.integration.clients.installations import InstallationClient
from tests.integration.clients.running_stack import RunningStack


@pytest.fixture
def field(doors: RunningStack) -> InstallationClient:
    return InstallationClient(doors)


def test_the_order_has_what_the_technician_must_know(field: InstallationClient) -> None:
    enrollment, order = field.enroll_with_order()
    seen = field.get_order(order)
    assert (seen["kind"], seen["journey"], seen["ownership"]) == ("install", enrollment, "utility_owned")
    assert (seen["contact_phone"], seen["access_notes"]) == ("+1 319 555 0100", "Ring twice; the dog is friendly.")
    assert seen["address"]
    assert seen["available_actions"] == ["completion", "appointment", "progress", "cancel"]


def test_while_it_waits_the_subscription_is_pending_and_says_what_comes_next(field: InstallationClient) -> None:
    enrollment, _ = field.enroll_with_order()
    seen = field.stack.get_enrollment(enrollment)
    assert (seen["state"], seen["next_step"]) == ("awaiting_site_visit", "A technician will visit.")
    assert (seen["subscription"]["state"], seen["subscription"]["devices"]) == ("pending", [])


@pytest.mark.parametrize("ownership", ["utility_owned", "customer_owned"])
def test_what_was_installed_is_enrolled_and_told_to_the_derms(field: InstallationClient, ownership: str) -> None:
    enrollment, order = field.enroll_with_order(asset_ownership=ownership)
    report = field.post_accepted_completion(order)
    field.stack.wait_for_sync_request(enrollment, "synchronized")
    seen = field.stack.get_enrollment(enrollment)
    (device,) = seen["subscription"]["devices"]
    assert (seen["state"], seen["subscription"]["state"]) == ("enrolled", "active")
    assert (device["serial_number"], device["controllable"]) == (report["device_installed"]["serial_number"], True)
    assert field.stack.search_derms(device["serial_number"])


def test_the_timeline_tells_the_visit_in_words(field: InstallationClient) -> None:
    enrollment, order = field.enroll_with_order()
    field.post_accepted_completion(order)
    field.stack.wait_for_sync_request(enrollment, "synchronized")
    told = [entry["what"] for entry in field.stack.get_enrollment(enrollment)["timeline"]]
    expected = [
        "Accepted",
        "Work order created",
        "Sent to field work",
        "Work done",
        "Enrolled",
        "Acknowledged by the DERMS",
    ]
    assert [what for what in told if what in expected] == expected


def test_an_appointment_is_made_moved_and_kept(field: InstallationClient) -> None:
    enrollment, order = field.enroll_with_order()
    for day in ("04", "05"):
        window = {"start": f"2031-06-{day}T08:00:00-05:00", "end": f"2031-06-{day}T10:00:00-05:00"}
        assert field.post(order, "appointment", **window, technician="Crew 7").json()["state"] == "scheduled"
    assert field.get_order(order)["appointment_start"] == "2031-06-05T13:00:00Z"
    assert field.post(order, "progress", step="en_route").json()["state"] == "en_route"
    assert field.post(order, "progress", step="on_site").json()["state"] == "on_site"
    field.post_accepted_completion(order)
    field.stack.wait_for_enrollment(enrollment, "enrolled")


def test_orders_are_found_by_what_one_knows_of_them(field: InstallationClient) -> None:
    enrollment, order = field.enroll_with_order()
    field.post(order, "progress", step="en_route")
    customer = field.stack.get_enrollment(enrollment)["customer"]
    for asked in ({"journey": enrollment}, {"customer": customer}, {"customer": customer, "state": "en_route"}):
        found = field.stack.api.get("/v1/work-orders", params=asked).json()["items"]
        assert [one["id"] for one in found] == [order], asked
    assert not field.stack.api.get("/v1/work-orders", params={"journey": enrollment, "kind": "remove"}).json()["items"]

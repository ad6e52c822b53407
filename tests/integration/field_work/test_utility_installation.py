"""A device that a technician installs, from the request to a synchronized grid resource.

See docs/domain.md#device-setup.
"""

import pytest

from tests.integration.clients.installations import InstallationClient
from tests.integration.clients.running_stack import RunningStack


@pytest.fixture
def installations(stack: RunningStack) -> InstallationClient:
    return InstallationClient(stack)


def test_the_order_has_what_the_technician_must_know(installations: InstallationClient) -> None:
    enrollment, order = installations.enroll_with_order()
    view = installations.get_order(order)
    assert (view["kind"], view["journey"], view["ownership"]) == ("install", enrollment, "utility_owned")
    assert (view["contact_phone"], view["access_notes"]) == ("+1 319 555 0100", "Ring twice; the dog is friendly.")
    assert view["address"]
    assert view["available_actions"] == ["completion", "appointment", "progress", "cancel"]


def test_a_waiting_enrollment_has_a_pending_subscription_and_a_next_step(installations: InstallationClient) -> None:
    enrollment, _ = installations.enroll_with_order()
    view = installations.stack.get_enrollment(enrollment)
    assert (view["state"], view["next_step"]) == ("awaiting_site_visit", "A technician will visit.")
    assert (view["subscription"]["state"], view["subscription"]["devices"]) == ("pending", [])


@pytest.mark.parametrize("ownership", ["utility_owned", "customer_owned"])
def test_the_installed_device_is_enrolled_and_synchronized(installations: InstallationClient, ownership: str) -> None:
    enrollment, order = installations.enroll_with_order(asset_ownership=ownership)
    report = installations.post_accepted_completion(order)
    installations.stack.wait_for_sync_request(enrollment, "synchronized")
    view = installations.stack.get_enrollment(enrollment)
    (device,) = view["subscription"]["devices"]
    assert (view["state"], view["subscription"]["state"]) == ("enrolled", "active")
    assert (device["serial_number"], device["controllable"]) == (report["device_installed"]["serial_number"], True)
    assert installations.stack.search_derms(device["serial_number"])


def test_the_timeline_describes_the_visit(installations: InstallationClient) -> None:
    enrollment, order = installations.enroll_with_order()
    installations.post_accepted_completion(order)
    installations.stack.wait_for_sync_request(enrollment, "synchronized")
    texts = [entry["what"] for entry in installations.stack.get_enrollment(enrollment)["timeline"]]
    expected = [
        "Accepted",
        "Work order created",
        "Sent to field work",
        "Work done",
        "Enrolled",
        "Acknowledged by the DERMS",
    ]
    assert [what for what in texts if what in expected] == expected


def test_an_appointment_is_scheduled_moved_and_kept(installations: InstallationClient) -> None:
    enrollment, order = installations.enroll_with_order()
    for day in ("04", "05"):
        window = {"start": f"2031-06-{day}T08:00:00-05:00", "end": f"2031-06-{day}T10:00:00-05:00"}
        assert installations.post(order, "appointment", **window, technician="Crew 7").json()["state"] == "scheduled"
    assert installations.get_order(order)["appointment_start"] == "2031-06-05T13:00:00Z"
    assert installations.post(order, "progress", step="en_route").json()["state"] == "en_route"
    assert installations.post(order, "progress", step="on_site").json()["state"] == "on_site"
    installations.post_accepted_completion(order)
    installations.stack.wait_for_enrollment(enrollment, "enrolled")


def test_orders_are_found_by_each_filter(installations: InstallationClient) -> None:
    enrollment, order = installations.enroll_with_order()
    installations.post(order, "progress", step="en_route")
    customer = installations.stack.get_enrollment(enrollment)["customer"]
    for asked in ({"journey": enrollment}, {"customer": customer}, {"customer": customer, "state": "en_route"}):
        found = installations.stack.api.get("/v1/work-orders", params=asked).json()["items"]
        assert [one["id"] for one in found] == [order], asked
    assert not installations.stack.api.get("/v1/work-orders", params={"journey": enrollment, "kind": "remove"}).json()[
        "items"
    ]

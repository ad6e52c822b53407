"""A device that a technician installs, from the request to a synchronized grid resource.

See docs/domain.md#device-setup.
"""

import pytest

from tests.integration.doors import Doors
from tests.integration.installing import Installing


@pytest.fixture
def field(doors: Doors) -> Installing:
    return Installing(doors)


def test_the_order_has_what_the_technician_must_know(field: Installing) -> None:
    enrollment, order = field.ordered()
    seen = field.order(order)
    assert (seen["kind"], seen["journey"], seen["ownership"]) == ("install", enrollment, "utility_owned")
    assert (seen["contact_phone"], seen["access_notes"]) == ("+1 319 555 0100", "Ring twice; the dog is friendly.")
    assert seen["address"]
    assert seen["available_actions"] == ["completion", "appointment", "progress", "cancel"]


def test_while_it_waits_the_subscription_is_pending_and_says_what_comes_next(field: Installing) -> None:
    enrollment, _ = field.ordered()
    seen = field.doors.enrollment(enrollment)
    assert (seen["state"], seen["next_step"]) == ("awaiting_site_visit", "A technician will visit.")
    assert (seen["subscription"]["state"], seen["subscription"]["devices"]) == ("pending", [])


@pytest.mark.parametrize("ownership", ["utility_owned", "customer_owned"])
def test_what_was_installed_is_enrolled_and_told_to_the_derms(field: Installing, ownership: str) -> None:
    enrollment, order = field.ordered(asset_ownership=ownership)
    report = field.reported(order)
    field.doors.told(enrollment, "synchronized")
    seen = field.doors.enrollment(enrollment)
    (device,) = seen["subscription"]["devices"]
    assert (seen["state"], seen["subscription"]["state"]) == ("enrolled", "active")
    assert (device["serial_number"], device["controllable"]) == (report["device_installed"]["serial_number"], True)
    assert field.doors.held(device["serial_number"])


def test_the_timeline_tells_the_visit_in_words(field: Installing) -> None:
    enrollment, order = field.ordered()
    field.reported(order)
    field.doors.told(enrollment, "synchronized")
    told = [entry["what"] for entry in field.doors.enrollment(enrollment)["timeline"]]
    expected = [
        "Accepted",
        "Work order made",
        "Handed to field work",
        "Work done",
        "Enrolled",
        "Acknowledged by the DERMS",
    ]
    assert [what for what in told if what in expected] == expected


def test_an_appointment_is_made_moved_and_kept(field: Installing) -> None:
    enrollment, order = field.ordered()
    for day in ("04", "05"):
        window = {"start": f"2031-06-{day}T08:00:00-05:00", "end": f"2031-06-{day}T10:00:00-05:00"}
        assert field.do(order, "appointment", **window, technician="Crew 7").json()["state"] == "scheduled"
    assert field.order(order)["appointment_start"] == "2031-06-05T13:00:00Z"
    assert field.do(order, "progress", step="en_route").json()["state"] == "en_route"
    assert field.do(order, "progress", step="on_site").json()["state"] == "on_site"
    field.reported(order)
    field.doors.reaches(enrollment, "enrolled")


def test_orders_are_found_by_what_one_knows_of_them(field: Installing) -> None:
    enrollment, order = field.ordered()
    field.do(order, "progress", step="en_route")
    customer = field.doors.enrollment(enrollment)["customer"]
    for asked in ({"journey": enrollment}, {"customer": customer}, {"customer": customer, "state": "en_route"}):
        found = field.doors.api.get("/v1/work-orders", params=asked).json()["items"]
        assert [one["id"] for one in found] == [order], asked
    assert not field.doors.api.get("/v1/work-orders", params={"journey": enrollment, "kind": "remove"}).json()["items"]

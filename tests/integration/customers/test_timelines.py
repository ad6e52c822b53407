"""One human timeline over an enrolment and all that follows from it, and one of the customer."""

from itertools import pairwise
from typing import Any

import pytest

from tests.integration.clients.running_stack import RunningStack
from tests.integration.clients.service_calls import ServiceCallClient
from tests.integration.clients.unenrollments import UnenrollmentClient


@pytest.fixture(scope="module")
def lived(running: RunningStack) -> dict[str, Any]:
    """A battery that was enrolled, replaced by another, and has left."""
    calling, leaving = ServiceCallClient(running), UnenrollmentClient(running)
    enrollment = calling.enroll_battery()
    call, order = calling.submit_with_visit(enrollment)
    swap = calling.build_replacement(enrollment, "franklinwh-apower-2", notes="The neighbour is called Ada Lovelace.")
    calling.post_accepted_completion(order, "device_replaced", **swap)
    calling.wait_for_state(call, "closed")
    left = leaving.unenroll(enrollment)
    return {"enrollment": running.get_enrollment(enrollment), "call": call, "left": left, "order": order["id"]}


def told(lived: dict[str, Any]) -> list[dict[str, Any]]:
    return lived["enrollment"]["timeline"]


def customers(doors: RunningStack, lived: dict[str, Any], **how: Any) -> dict[str, Any]:
    customer = lived["enrollment"]["customer"]
    return doors.api.get(f"/v1/customers/{customer}/timeline", params=how).raise_for_status().json()


def test_it_goes_on_over_the_service_call_and_the_leaving(lived: dict[str, Any]) -> None:
    journeys = list(dict.fromkeys(one["journey"] for one in told(lived)))
    assert journeys == [lived["enrollment"]["id"], lived["call"], lived["left"]["id"]]


def test_it_tells_every_part_in_order_and_in_words(lived: dict[str, Any]) -> None:
    words = [
        "Request received",
        "Accepted",
        "Enrolled",
        "Acknowledged by the DERMS",
        "Service call opened",
        "Work order created",
        "Work done",
        "Another device was installed in its place",
        "Service call closed",
        "Unenrollment request received",
        "Unenrolled",
    ]
    said = [one["what"] for one in told(lived)]
    assert [one for one in dict.fromkeys(said) if one in words] == words
    assert all(earlier["at"] <= later["at"] for earlier, later in pairwise(told(lived)))


def test_nothing_is_told_twice_of_the_device_at_one_step(lived: dict[str, Any]) -> None:
    first = [one for one in told(lived) if one["journey"] == lived["enrollment"]["id"]]
    assert [one["what"] for one in first].count("Device installed") == 1


def test_whoever_has_left_is_not_told_that_all_is_controlled(lived: dict[str, Any]) -> None:
    assert lived["enrollment"]["next_step"] == lived["left"]["next_step"]


def test_a_device_that_leaves_is_not_told_to_have_come(lived: dict[str, Any]) -> None:
    leaving = [one["what"] for one in told(lived) if one["journey"] == lived["left"]["id"]]
    assert "Device enrolled no longer" in leaving
    assert "Device installed" not in leaving


def test_every_entry_says_who_did_it(lived: dict[str, Any]) -> None:
    assert all(one["actor"] for one in told(lived))


def test_what_has_a_door_is_linked(doors: RunningStack, lived: dict[str, Any]) -> None:
    links = {one["link"] for one in told(lived) if one["link"]}
    assert f"/v1/work-orders/{lived['order']}" in links
    assert {doors.api.get(link).status_code for link in links} == {200}


def test_the_enrolment_leads_to_what_followed_and_back(doors: RunningStack, lived: dict[str, Any]) -> None:
    seen = lived["enrollment"]
    followed = [*seen["service_calls"], *seen["unenrollments"]]
    assert [one["id"] for one in followed] == [lived["call"], lived["left"]["id"]]
    for one in followed:
        there = doors.api.get(one["links"]["self"]).raise_for_status().json()
        assert there["links"]["enrollment"] == seen["links"]["self"]


def test_a_work_order_leads_to_what_it_was_made_for(doors: RunningStack, lived: dict[str, Any]) -> None:
    (order,) = lived["enrollment"]["work_orders"]
    assert doors.api.get(order["links"]["self"]).json()["links"]["journey"] == f"/v1/service-calls/{lived['call']}"


def test_the_customers_timeline_is_the_same_newest_first(doors: RunningStack, lived: dict[str, Any]) -> None:
    assert customers(doors, lived, limit=200)["items"][::-1] == told(lived)


def test_the_customers_timeline_comes_in_pages(doors: RunningStack, lived: dict[str, Any]) -> None:
    first = customers(doors, lived, limit=10)
    rest = customers(doors, lived, limit=200, cursor=first["next_cursor"])
    assert first["items"] + rest["items"] == customers(doors, lived, limit=200)["items"]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("cursor", ["bm90LWEtbnVtYmVy", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk"])
def test_a_cursor_of_another_list_is_refused(doors: RunningStack, lived: dict[str, Any], cursor: str) -> None:
    customer = lived["enrollment"]["customer"]
    assert doors.api.get(f"/v1/customers/{customer}/timeline", params={"cursor": cursor}).status_code == 422


def test_nobody_has_no_timeline(doors: RunningStack) -> None:
    assert doors.api.get("/v1/customers/cus_01m85mj6eyegf98b35jr8cf23b/timeline").status_code == 404


def test_what_a_technician_wrote_is_not_in_the_timeline(lived: dict[str, Any]) -> None:
    assert "Ada Lovelace" not in str(told(lived))

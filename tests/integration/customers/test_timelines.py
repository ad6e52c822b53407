"""One timeline for an enrollment and all that follows from it, and one for the customer."""

from itertools import pairwise
from typing import Any

import pytest

from tests.integration.clients.running_stack import RunningStack
from tests.integration.clients.service_calls import ServiceCallClient
from tests.integration.clients.unenrollments import UnenrollmentClient


@pytest.fixture(scope="module")
def lived(running: RunningStack) -> dict[str, Any]:
    """A battery that was enrolled, replaced by another one, and unenrolled."""
    service_calls, unenrollments = ServiceCallClient(running), UnenrollmentClient(running)
    enrollment = service_calls.enroll_battery()
    call, order = service_calls.submit_with_visit(enrollment)
    swap = service_calls.build_replacement(
        enrollment, "franklinwh-apower-2", notes="The neighbour is called Ada Lovelace."
    )
    service_calls.post_accepted_completion(order, "device_replaced", **swap)
    service_calls.wait_for_state(call, "closed")
    left = unenrollments.unenroll(enrollment)
    return {"enrollment": running.get_enrollment(enrollment), "call": call, "left": left, "order": order["id"]}


def texts(lived: dict[str, Any]) -> list[dict[str, Any]]:
    return lived["enrollment"]["timeline"]


def customers(stack: RunningStack, lived: dict[str, Any], **how: Any) -> dict[str, Any]:
    customer = lived["enrollment"]["customer"]
    return stack.api.get(f"/v1/customers/{customer}/timeline", params=how).raise_for_status().json()


def test_the_timeline_covers_the_service_call_and_the_unenrollment(lived: dict[str, Any]) -> None:
    journeys = list(dict.fromkeys(one["journey"] for one in texts(lived)))
    assert journeys == [lived["enrollment"]["id"], lived["call"], lived["left"]["id"]]


def test_the_timeline_lists_every_step_in_order_and_in_sentences(lived: dict[str, Any]) -> None:
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
    said = [one["what"] for one in texts(lived)]
    assert [one for one in dict.fromkeys(said) if one in words] == words
    assert all(earlier["at"] <= later["at"] for earlier, later in pairwise(texts(lived)))


def test_a_step_of_a_device_is_listed_once(lived: dict[str, Any]) -> None:
    first = [one for one in texts(lived) if one["journey"] == lived["enrollment"]["id"]]
    assert [one["what"] for one in first].count("Device installed") == 1


def test_an_unenrolled_device_is_not_reported_as_controlled(lived: dict[str, Any]) -> None:
    assert lived["enrollment"]["next_step"] == lived["left"]["next_step"]


def test_a_leaving_device_is_not_reported_as_added(lived: dict[str, Any]) -> None:
    unenrollments = [one["what"] for one in texts(lived) if one["journey"] == lived["left"]["id"]]
    assert "Device enrolled no longer" in unenrollments
    assert "Device installed" not in unenrollments


def test_every_entry_names_its_actor(lived: dict[str, Any]) -> None:
    assert all(one["actor"] for one in texts(lived))


def test_entries_link_to_their_resources(stack: RunningStack, lived: dict[str, Any]) -> None:
    links = {one["link"] for one in texts(lived) if one["link"]}
    assert f"/v1/work-orders/{lived['order']}" in links
    assert {stack.api.get(link).status_code for link in links} == {200}


def test_the_enrollment_links_to_later_requests_and_back(stack: RunningStack, lived: dict[str, Any]) -> None:
    view = lived["enrollment"]
    followed = [*view["service_calls"], *view["unenrollments"]]
    assert [one["id"] for one in followed] == [lived["call"], lived["left"]["id"]]
    for one in followed:
        there = stack.api.get(one["links"]["self"]).raise_for_status().json()
        assert there["links"]["enrollment"] == view["links"]["self"]


def test_a_work_order_links_to_its_request(stack: RunningStack, lived: dict[str, Any]) -> None:
    (order,) = lived["enrollment"]["work_orders"]
    assert stack.api.get(order["links"]["self"]).json()["links"]["journey"] == f"/v1/service-calls/{lived['call']}"


def test_the_customers_timeline_has_the_same_entries_newest_first(stack: RunningStack, lived: dict[str, Any]) -> None:
    assert customers(stack, lived, limit=200)["items"][::-1] == texts(lived)


def test_the_customers_timeline_comes_in_pages(stack: RunningStack, lived: dict[str, Any]) -> None:
    first = customers(stack, lived, limit=10)
    rest = customers(stack, lived, limit=200, cursor=first["next_cursor"])
    assert first["items"] + rest["items"] == customers(stack, lived, limit=200)["items"]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("cursor", ["bm90LWEtbnVtYmVy", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk"])
def test_a_cursor_of_another_list_is_refused(stack: RunningStack, lived: dict[str, Any], cursor: str) -> None:
    customer = lived["enrollment"]["customer"]
    assert stack.api.get(f"/v1/customers/{customer}/timeline", params={"cursor": cursor}).status_code == 422


def test_an_unknown_customer_has_no_timeline(stack: RunningStack) -> None:
    assert stack.api.get("/v1/customers/cus_01m85mj6eyegf98b35jr8cf23b/timeline").status_code == 404


def test_technician_notes_are_not_in_the_timeline(lived: dict[str, Any]) -> None:
    assert "Ada Lovelace" not in str(texts(lived))

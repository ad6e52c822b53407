"""Two things wanted at once of one customer's devices have one answer each, in words that say what to do."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.integration.calling import Calling
from tests.integration.doors import Doors, wait_for
from tests.integration.installing import Installing
from tests.integration.leaving import Leaving

KNOWN = {"head_ends": "*", "programs": "*", "feeders": "*"}


@pytest.fixture
def leaving(doors: Doors) -> Leaving:
    return Leaving(doors)


@pytest.fixture
def calling(doors: Doors) -> Calling:
    return Calling(doors)


@pytest.fixture
def refused(doors: Doors) -> tuple[str, dict[str, Any]]:
    """An enrolment that the DERMS refuses, and its sync request; the DERMS has learnt since."""
    doors.derms.put("/reference", json={**KNOWN, "feeders": ["NOWHERE-1"]}).raise_for_status()
    enrollment = doors.accepted(doors.application())
    request = doors.told(enrollment, "error")
    doors.derms.put("/reference", json=KNOWN).raise_for_status()
    return enrollment, request


def told(doors: Doors, enrollment: str) -> list[tuple[str, str]]:
    requests = sorted(doors.enrollment(enrollment)["sync_requests"], key=lambda one: one["sequence"])
    return [(one["kind"], one["state"]) for one in requests]


def waiting(doors: Doors, enrollment: str) -> dict[str, Any]:
    """The change that waits for the enrolment's message."""

    def there() -> Any:
        requests = doors.enrollment(enrollment)["sync_requests"]
        return len(requests) > 1 and max(requests, key=lambda one: one["sequence"])

    found = wait_for(there)
    return doors.api.get(f"/v1/sync-requests/{found['id']}").raise_for_status().json()


def test_who_leaves_while_the_enrolment_is_in_error_is_told_after_it(
    doors: Doors, leaving: Leaving, refused: tuple[str, dict[str, Any]]
) -> None:
    enrollment, request = refused
    leaving.asked(enrollment)
    later = waiting(doors, enrollment)
    assert (later["state"], later["waits_for"]) == ("pending", f"{request['id']}, which is error")


def test_the_enrolment_repaired_both_end(doors: Doors, leaving: Leaving, refused: tuple[str, dict[str, Any]]) -> None:
    enrollment, request = refused
    unenrollment = leaving.asked(enrollment)
    waiting(doors, enrollment)
    doors.api.post(f"/v1/sync-requests/{request['id']}/retry").raise_for_status()
    assert leaving.over(unenrollment)["state"] == "unenrolled"
    wait_for(lambda: doors.flow(enrollment).close_time)
    assert told(doors, enrollment)[0] == ("enroll", "synchronized")
    (device,) = leaving.subscription(enrollment)["devices"]
    assert device["registration"] == "kept"
    assert [one for one in doors.held(device["serial_number"]) if one["state"] == "enrolled"] == []


def test_the_enrolment_given_up_the_derms_is_told_all_the_same_that_the_device_leaves(
    doors: Doors, leaving: Leaving, refused: tuple[str, dict[str, Any]]
) -> None:
    enrollment, request = refused
    unenrollment = leaving.asked(enrollment)
    waiting(doors, enrollment)
    door = f"/v1/sync-requests/{request['id']}/cancel"
    doors.api.post(door, json={"reason": "they are leaving"}).raise_for_status()
    assert leaving.over(unenrollment)["state"] == "unenrolled"
    assert told(doors, enrollment) == [("enroll", "cancelled"), ("unenroll", "synchronized")]


def test_who_still_waits_for_the_technician_is_told_to_cancel_instead(doors: Doors, leaving: Leaving) -> None:
    enrollment, _ = Installing(doors).ordered()
    answer = leaving.ask(enrollment)
    assert (answer.status_code, answer.json()["type"].split("#")[1]) == (409, "still-enrolling")
    assert f"/v1/program-enrollments/{enrollment}/cancel" in answer.json()["fix"]


def test_who_is_enrolled_is_told_to_leave_instead_of_cancelling(doors: Doors) -> None:
    enrollment = doors.enrolled()
    answer = doors.api.post(f"/v1/program-enrollments/{enrollment}/cancel", json={"reason": "changed their mind"})
    assert (answer.status_code, doors.enrollment(enrollment)["state"]) == (409, "enrolled")
    assert "unenrol" in answer.json()["fix"].lower()


def test_of_two_service_calls_at_once_one_is_opened(doors: Doors, calling: Calling) -> None:
    enrollment = doors.enrolled()
    with ThreadPoolExecutor(4) as at_once:
        answers = list(at_once.map(lambda _: calling.ask(enrollment), range(4)))
    (opened,) = [answer.json()["id"] for answer in answers if answer.status_code == 202]
    others = [answer.json() for answer in answers if answer.status_code != 202]
    assert {other["type"].split("#")[1] for other in others} == {"service-call-open"}
    assert all(opened in other["detail"] for other in others)


def test_of_two_who_ask_to_leave_at_once_one_is_taken(doors: Doors, leaving: Leaving) -> None:
    enrollment = doors.enrolled()
    with ThreadPoolExecutor(4) as at_once:
        answers = list(at_once.map(lambda _: leaving.ask(enrollment), range(4)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409]


def test_a_device_replaced_after_the_customer_left_takes_no_part_and_calls_a_person(
    doors: Doors, leaving: Leaving, calling: Calling
) -> None:
    enrollment = calling.battery()
    call, order = calling.visited(enrollment)
    leaving.left(enrollment)
    calling.reported(order, "device_replaced", **calling.swap(enrollment, "tesla-powerwall-3"))
    assert "while its subscription was being ended" in calling.reaches(call, "needs_attention")["reason"]
    listed = doors.api.get("/v1/attention", params={"kind": "service_call_parked"}).json()["items"]
    (item,) = [one for one in listed if one["id"] == call]
    cancel = next(one for one in item["actions"] if one["action"] == "cancel")
    doors.api.post(cancel["href"], json=cancel["body"]).raise_for_status()
    calling.reaches(call, "cancelled")
    assert [device["registration"] for device in leaving.subscription(enrollment)["devices"]] == ["kept"]

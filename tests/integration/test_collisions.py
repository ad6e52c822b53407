"""Two things wanted at once of one customer's devices have one answer each, in words that say what to do."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from rules.snapshots import message_key
from tests.integration.calling import Calling
from tests.integration.doors import Doors
from tests.integration.installing import Installing
from tests.integration.leaving import Leaving
from tests.patience import wait_for

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


def test_who_leaves_does_not_wait_for_an_enrolment_that_the_derms_refused(
    doors: Doors, leaving: Leaving, refused: tuple[str, dict[str, Any]]
) -> None:
    enrollment, request = refused
    assert leaving.over(leaving.asked(enrollment))["state"] == "unenrolled"
    wait_for(lambda: doors.flow(enrollment).close_time)
    assert told(doors, enrollment) == [("enroll", "cancelled"), ("unenroll", "synchronized")]
    seen = doors.api.get(f"/v1/sync-requests/{request['id']}").raise_for_status().json()
    assert seen["note"].startswith("nobody takes part any more")
    (device,) = leaving.subscription(enrollment)["devices"]
    assert device["registration"] == "kept"
    assert [one for one in doors.held(device["serial_number"]) if one["state"] == "enrolled"] == []


def test_who_leaves_before_the_derms_refuses_the_enrolment_does_not_wait_either(doors: Doors, leaving: Leaving) -> None:
    doors.faults(acknowledge="never")
    enrollment = doors.accepted(doors.application())
    request = doors.told(enrollment, "awaiting_acknowledgement")
    unenrollment = leaving.asked(enrollment)
    assert waiting(doors, enrollment)["waits_for"] == f"{request['id']}, which is awaiting acknowledgement"
    door = f"/sync-messages/{message_key(request['id'], 1)}/acknowledge"
    doors.derms.post(door, json={"result": "negative"}).raise_for_status()
    doors.faults(acknowledge="callback")  # from here on; before, it would have answered what waited, and well
    assert leaving.over(unenrollment)["state"] == "unenrolled"
    assert told(doors, enrollment) == [("enroll", "cancelled"), ("unenroll", "synchronized")]


@pytest.fixture
def held_up(doors: Doors, leaving: Leaving) -> tuple[str, str, str]:
    """One of two devices leaves while their enrolment is in error: enrolment, unenrolment, and the message in error."""
    program = doors.name("PAIR")
    doors.offer(program)
    doors.derms.put("/reference", json={**KNOWN, "feeders": ["NOWHERE-1"]}).raise_for_status()
    pair = [{"specification": "ecobee-premium", "serial_number": doors.name("SN")} for _ in range(2)]
    enrollment = doors.accepted(doors.application(program=program, devices=pair))
    request = doors.told(enrollment, "error")["id"]
    doors.derms.put("/reference", json=KNOWN).raise_for_status()
    goes, _ = leaving.devices(enrollment)
    return enrollment, leaving.asked(enrollment, devices=[{"device": goes}]), request


def test_what_is_held_up_says_by_what_and_what_helps(
    doors: Doors, leaving: Leaving, held_up: tuple[str, str, str]
) -> None:
    enrollment, unenrollment, request = held_up
    wait_for(
        lambda: "Waits for another change in error" in [one["what"] for one in leaving.seen(unenrollment)["timeline"]]
    )
    seen, later = leaving.seen(unenrollment), waiting(doors, enrollment)
    helps = f"POST /v1/sync-requests/{request}/retry or /cancel"
    assert (later["state"], later["waits_for"]) == ("pending", later["note"].removeprefix("waits for "))
    assert helps in seen["next_step"]
    assert helps in next(
        one["reason"] for one in seen["timeline"] if one["what"] == "Waits for another change in error"
    )
    program = seen["program"]
    kinds = {one["kind"]: one for one in doors.api.get("/v1/attention", params={"program": program}).json()["items"]}
    item = kinds["sync_request_held_up"]
    assert (item["id"], request in item["why"]) == (later["id"], True)
    assert [one["href"] for one in item["actions"]] == [
        f"/v1/sync-requests/{request}/{word}" for word in ("retry", "cancel")
    ]


@pytest.mark.parametrize(("word", "ends"), [("retry", "synchronized"), ("cancel", "cancelled")])
def test_one_repair_releases_both(
    doors: Doors, leaving: Leaving, held_up: tuple[str, str, str], word: str, ends: str
) -> None:
    enrollment, unenrollment, request = held_up
    waiting(doors, enrollment)
    body = {"reason": "they are leaving"} if word == "cancel" else None
    doors.api.post(f"/v1/sync-requests/{request}/{word}", json=body).raise_for_status()
    assert leaving.over(unenrollment)["state"] == "unenrolled"
    wait_for(lambda: doors.flow(enrollment).close_time)
    assert (told(doors, enrollment)[0], told(doors, enrollment)[1][0]) == (("enroll", ends), "unenroll")
    held = [
        [one for one in doors.held(device["serial_number"]) if one["state"] == "enrolled"]
        for device in leaving.subscription(enrollment)["devices"]
    ]
    assert sorted(map(len, held)) == [0, 1]


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


def test_who_has_left_is_helped_no_more(doors: Doors, leaving: Leaving, calling: Calling) -> None:
    enrollment = calling.battery()
    call, _ = calling.visited(enrollment)
    leaving.left(enrollment)
    seen = calling.reaches(call, "cancelled")
    assert seen["reason"] == "The device has left the program."
    assert (seen["available_actions"], seen["possible_actions"]) == ([], [])
    assert [one["state"] for one in seen["work_orders"]] == ["cancelled"]
    wait_for(lambda: calling.flow(call).close_time)
    answer = calling.ask(enrollment)
    assert answer.status_code == 409, answer.text


def test_a_device_replaced_after_the_customer_left_takes_no_part_and_calls_a_person(
    doors: Doors, leaving: Leaving, calling: Calling
) -> None:
    enrollment = calling.battery()
    call, order = calling.visited(enrollment)
    doors.api.post(f"/v1/work-orders/{order['id']}/progress", json={"step": "on_site"}).raise_for_status()
    leaving.left(enrollment)
    calling.reported(order, "device_replaced", **calling.swap(enrollment, "tesla-powerwall-3"))
    assert "while it was leaving the program" in calling.reaches(call, "needs_attention")["reason"]
    listed = doors.api.get("/v1/attention", params={"kind": "service_call_parked"}).json()["items"]
    (item,) = [one for one in listed if one["id"] == call]
    cancel = next(one for one in item["actions"] if one["action"] == "cancel")
    doors.api.post(cancel["href"], json=cancel["body"]).raise_for_status()
    calling.reaches(call, "cancelled")
    assert [device["registration"] for device in leaving.subscription(enrollment)["devices"]] == ["kept"]


@pytest.mark.parametrize(
    ("asked", "way"),
    [
        ({"reason": "device_removed"}, {"removal_method": "utility_removal"}),
        ({"reason": "non_participation"}, {}),
    ],
    ids=["while a technician is to fetch it", "while its leaving waits for approval"],
)
def test_one_of_two_devices_that_is_replaced_while_it_leaves_calls_a_person(
    doors: Doors, leaving: Leaving, calling: Calling, asked: dict[str, str], way: dict[str, str]
) -> None:
    pair = [{"specification": "tesla-powerwall-3", "serial_number": doors.name("SN")} for _ in range(2)]
    enrollment = calling.battery(devices=pair)
    goes, stays = leaving.devices(enrollment)
    call, order = calling.visited(enrollment)
    unenrollment = leaving.asked(enrollment, devices=[{"device": goes, **way}], **asked)
    leaving.reaches(unenrollment, "removing", "awaiting_approval")
    calling.reported(order, "device_replaced", **calling.swap(enrollment, "tesla-powerwall-3"))
    assert "while it was leaving the program" in calling.reaches(call, "needs_attention")["reason"]
    leaving.done(unenrollment, "cancel", reason="the device was replaced instead")
    calling.do(call, "retry").raise_for_status()
    new = calling.reaches(call, "closed")["replaced_by"]
    registrations = {one["id"]: one["registration"] for one in leaving.subscription(enrollment)["devices"]}
    assert registrations == {goes: "removed", stays: "registered", new: "registered"}


def test_where_all_leave_a_device_that_came_meanwhile_leaves_too(
    doors: Doors, leaving: Leaving, calling: Calling
) -> None:
    enrollment = calling.battery()
    call, order = calling.visited(enrollment)
    unenrollment = leaving.asked(enrollment, reason="non_participation")
    leaving.reaches(unenrollment, "awaiting_approval")
    calling.reported(order, "device_replaced", **calling.swap(enrollment, "tesla-powerwall-3"))
    new = calling.reaches(call, "closed")["replaced_by"]
    leaving.done(unenrollment, "approval", approved=True, reason="tampered with")
    assert [one["id"] for one in leaving.over(unenrollment)["devices"]] == [new]
    number = leaving.subscription(enrollment)["number"]
    assert [one for one in doors.held(number) if one["state"] == "enrolled"] == []

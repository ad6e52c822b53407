"""Conflicting requests about one customer's devices have one outcome each, and say what to do."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from rules.synchronization.snapshots import message_key
from tests.integration.clients.installations import InstallationClient
from tests.integration.clients.running_stack import RunningStack
from tests.integration.clients.service_calls import ServiceCallClient
from tests.integration.clients.unenrollments import UnenrollmentClient
from tests.waiting import wait_for

KNOWN = {"head_ends": "*", "programs": "*", "feeders": "*"}


@pytest.fixture
def leaving(doors: RunningStack) -> UnenrollmentClient:
    return UnenrollmentClient(doors)


@pytest.fixture
def calling(doors: RunningStack) -> ServiceCallClient:
    return ServiceCallClient(doors)


@pytest.fixture
def refused(doors: RunningStack) -> tuple[str, dict[str, Any]]:
    """Enroll a customer whom the DERMS refuses at first; return the enrollment and its sync request."""
    doors.derms.put("/reference", json={**KNOWN, "feeders": ["NOWHERE-1"]}).raise_for_status()
    enrollment = doors.submit_accepted(doors.build_application())
    request = doors.wait_for_sync_request(enrollment, "error")
    doors.derms.put("/reference", json=KNOWN).raise_for_status()
    return enrollment, request


def told(doors: RunningStack, enrollment: str) -> list[tuple[str, str]]:
    requests = sorted(doors.get_enrollment(enrollment)["sync_requests"], key=lambda one: one["sequence"])
    return [(one["kind"], one["state"]) for one in requests]


def waiting(doors: RunningStack, enrollment: str) -> dict[str, Any]:
    """Return the sync request that waits for the enrollment's message."""

    def there() -> Any:
        requests = doors.get_enrollment(enrollment)["sync_requests"]
        return len(requests) > 1 and max(requests, key=lambda one: one["sequence"])

    found = wait_for(there)
    return doors.api.get(f"/v1/sync-requests/{found['id']}").raise_for_status().json()


def test_an_unenrollment_does_not_wait_for_a_refused_enrollment(
    doors: RunningStack, leaving: UnenrollmentClient, refused: tuple[str, dict[str, Any]]
) -> None:
    enrollment, request = refused
    assert leaving.wait_for_end(leaving.submit_accepted(enrollment))["state"] == "unenrolled"
    wait_for(lambda: doors.describe_enroll_workflow(enrollment).close_time)
    assert told(doors, enrollment) == [("enroll", "cancelled"), ("unenroll", "synchronized")]
    seen = doors.api.get(f"/v1/sync-requests/{request['id']}").raise_for_status().json()
    assert seen["note"].startswith("nobody takes part any more")
    (device,) = leaving.get_subscription(enrollment)["devices"]
    assert device["registration"] == "kept"
    assert [one for one in doors.search_derms(device["serial_number"]) if one["state"] == "enrolled"] == []


def test_an_earlier_unenrollment_does_not_wait_for_a_refused_enrollment_either(
    doors: RunningStack, leaving: UnenrollmentClient
) -> None:
    doors.set_derms_faults(acknowledge="never")
    enrollment = doors.submit_accepted(doors.build_application())
    request = doors.wait_for_sync_request(enrollment, "awaiting_acknowledgement")
    unenrollment = leaving.submit_accepted(enrollment)
    assert waiting(doors, enrollment)["waits_for"] == f"{request['id']}, which is awaiting acknowledgement"
    door = f"/sync-messages/{message_key(request['id'], 1)}/acknowledge"
    doors.derms.post(door, json={"result": "negative"}).raise_for_status()
    doors.set_derms_faults(acknowledge="callback")  # from here on; before, it would have accepted what waited
    assert leaving.wait_for_end(unenrollment)["state"] == "unenrolled"
    assert told(doors, enrollment) == [("enroll", "cancelled"), ("unenroll", "synchronized")]


@pytest.fixture
def held_up(doors: RunningStack, leaving: UnenrollmentClient) -> tuple[str, str, str]:
    """Unenroll one of two devices while their enrollment is in error; return enrollment, unenrollment and the sync
    request."""
    program = doors.unique_name("PAIR")
    doors.add_program(program)
    doors.derms.put("/reference", json={**KNOWN, "feeders": ["NOWHERE-1"]}).raise_for_status()
    pair = [{"specification": "ecobee-premium", "serial_number": doors.unique_name("SN")} for _ in range(2)]
    enrollment = doors.submit_accepted(doors.build_application(program=program, devices=pair))
    request = doors.wait_for_sync_request(enrollment, "error")["id"]
    doors.derms.put("/reference", json=KNOWN).raise_for_status()
    goes, _ = leaving.list_device_ids(enrollment)
    return enrollment, leaving.submit_accepted(enrollment, devices=[{"device": goes}]), request


def test_a_blocked_request_names_the_blocking_request_and_its_fix(
    doors: RunningStack, leaving: UnenrollmentClient, held_up: tuple[str, str, str]
) -> None:
    enrollment, unenrollment, request = held_up
    wait_for(
        lambda: "Waits for another change in error" in [one["what"] for one in leaving.get(unenrollment)["timeline"]]
    )
    seen, later = leaving.get(unenrollment), waiting(doors, enrollment)
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
def test_one_retry_releases_both_requests(
    doors: RunningStack, leaving: UnenrollmentClient, held_up: tuple[str, str, str], word: str, ends: str
) -> None:
    enrollment, unenrollment, request = held_up
    waiting(doors, enrollment)
    body = {"reason": "they are leaving"} if word == "cancel" else None
    doors.api.post(f"/v1/sync-requests/{request}/{word}", json=body).raise_for_status()
    assert leaving.wait_for_end(unenrollment)["state"] == "unenrolled"
    wait_for(lambda: doors.describe_enroll_workflow(enrollment).close_time)
    assert (told(doors, enrollment)[0], told(doors, enrollment)[1][0]) == (("enroll", ends), "unenroll")
    held = [
        [one for one in doors.search_derms(device["serial_number"]) if one["state"] == "enrolled"]
        for device in leaving.get_subscription(enrollment)["devices"]
    ]
    assert sorted(map(len, held)) == [0, 1]


def test_unenrolling_a_pending_enrollment_is_answered_with_cancelling(
    doors: RunningStack, leaving: UnenrollmentClient
) -> None:
    enrollment, _ = InstallationClient(doors).enroll_with_order()
    answer = leaving.submit(enrollment)
    assert (answer.status_code, answer.json()["type"].split("#")[1]) == (409, "still-enrolling")
    assert f"/v1/program-enrollments/{enrollment}/cancel" in answer.json()["fix"]


def test_cancelling_a_complete_enrollment_is_answered_with_unenrolling(doors: RunningStack) -> None:
    enrollment = doors.enroll()
    answer = doors.api.post(f"/v1/program-enrollments/{enrollment}/cancel", json={"reason": "changed their mind"})
    assert (answer.status_code, doors.get_enrollment(enrollment)["state"]) == (409, "enrolled")
    assert "unenrol" in answer.json()["fix"].lower()


def test_one_of_two_simultaneous_service_calls_is_opened(doors: RunningStack, calling: ServiceCallClient) -> None:
    enrollment = doors.enroll()
    with ThreadPoolExecutor(4) as at_once:
        answers = list(at_once.map(lambda _: calling.submit(enrollment), range(4)))
    (opened,) = [answer.json()["id"] for answer in answers if answer.status_code == 202]
    others = [answer.json() for answer in answers if answer.status_code != 202]
    assert {other["type"].split("#")[1] for other in others} == {"service-call-open"}
    assert all(opened in other["detail"] for other in others)


def test_one_of_two_simultaneous_unenrollments_is_accepted(doors: RunningStack, leaving: UnenrollmentClient) -> None:
    enrollment = doors.enroll()
    with ThreadPoolExecutor(4) as at_once:
        answers = list(at_once.map(lambda _: leaving.submit(enrollment), range(4)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409]


def test_an_unenrolled_device_gets_no_service_call(
    doors: RunningStack, leaving: UnenrollmentClient, calling: ServiceCallClient
) -> None:
    enrollment = calling.enroll_battery()
    call, _ = calling.submit_with_visit(enrollment)
    leaving.unenroll(enrollment)
    seen = calling.wait_for_state(call, "cancelled")
    assert seen["reason"] == "The device has left the program."
    assert (seen["available_actions"], seen["possible_actions"]) == ([], [])
    assert [one["state"] for one in seen["work_orders"]] == ["cancelled"]
    wait_for(lambda: calling.wait_for_workflow_end(call).close_time)
    answer = calling.submit(enrollment)
    assert answer.status_code == 409, answer.text


def test_a_replacement_after_unenrollment_is_parked(
    doors: RunningStack, leaving: UnenrollmentClient, calling: ServiceCallClient
) -> None:
    enrollment = calling.enroll_battery()
    call, order = calling.submit_with_visit(enrollment)
    doors.api.post(f"/v1/work-orders/{order['id']}/progress", json={"step": "on_site"}).raise_for_status()
    leaving.unenroll(enrollment)
    calling.post_accepted_completion(
        order, "device_replaced", **calling.build_replacement(enrollment, "tesla-powerwall-3")
    )
    assert "while it was leaving the program" in calling.wait_for_state(call, "needs_attention")["reason"]
    listed = doors.api.get("/v1/attention", params={"kind": "service_call_parked"}).json()["items"]
    (item,) = [one for one in listed if one["id"] == call]
    cancel = next(one for one in item["actions"] if one["action"] == "cancel")
    doors.api.post(cancel["href"], json=cancel["body"]).raise_for_status()
    calling.wait_for_state(call, "cancelled")
    assert [device["registration"] for device in leaving.get_subscription(enrollment)["devices"]] == ["kept"]


@pytest.mark.parametrize(
    ("asked", "way"),
    [
        ({"reason": "device_removed"}, {"removal_method": "utility_removal"}),
        ({"reason": "non_participation"}, {}),
    ],
    ids=["while a technician is to fetch it", "while its leaving waits for approval"],
)
def test_a_replacement_during_a_partial_unenrollment_is_parked(
    doors: RunningStack,
    leaving: UnenrollmentClient,
    calling: ServiceCallClient,
    asked: dict[str, str],
    way: dict[str, str],
) -> None:
    pair = [{"specification": "tesla-powerwall-3", "serial_number": doors.unique_name("SN")} for _ in range(2)]
    enrollment = calling.enroll_battery(devices=pair)
    goes, stays = leaving.list_device_ids(enrollment)
    call, order = calling.submit_with_visit(enrollment)
    unenrollment = leaving.submit_accepted(enrollment, devices=[{"device": goes, **way}], **asked)
    leaving.wait_for_state(unenrollment, "removing", "awaiting_approval")
    calling.post_accepted_completion(
        order, "device_replaced", **calling.build_replacement(enrollment, "tesla-powerwall-3")
    )
    assert "while it was leaving the program" in calling.wait_for_state(call, "needs_attention")["reason"]
    leaving.post_accepted(unenrollment, "cancel", reason="the device was replaced instead")
    calling.post(call, "retry").raise_for_status()
    new = calling.wait_for_state(call, "closed")["replaced_by"]
    registrations = {one["id"]: one["registration"] for one in leaving.get_subscription(enrollment)["devices"]}
    assert registrations == {goes: "removed", stays: "registered", new: "registered"}


def test_a_full_unenrollment_includes_a_device_added_meanwhile(
    doors: RunningStack, leaving: UnenrollmentClient, calling: ServiceCallClient
) -> None:
    enrollment = calling.enroll_battery()
    call, order = calling.submit_with_visit(enrollment)
    unenrollment = leaving.submit_accepted(enrollment, reason="non_participation")
    leaving.wait_for_state(unenrollment, "awaiting_approval")
    calling.post_accepted_completion(
        order, "device_replaced", **calling.build_replacement(enrollment, "tesla-powerwall-3")
    )
    new = calling.wait_for_state(call, "closed")["replaced_by"]
    leaving.post_accepted(unenrollment, "approval", approved=True, reason="tampered with")
    assert [one["id"] for one in leaving.wait_for_end(unenrollment)["devices"]] == [new]
    number = leaving.get_subscription(enrollment)["number"]
    assert [one for one in doors.search_derms(number) if one["state"] == "enrolled"] == []

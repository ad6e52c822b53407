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
def unenrollments(stack: RunningStack) -> UnenrollmentClient:
    return UnenrollmentClient(stack)


@pytest.fixture
def service_calls(stack: RunningStack) -> ServiceCallClient:
    return ServiceCallClient(stack)


@pytest.fixture
def enroll_refused(stack: RunningStack) -> tuple[str, dict[str, Any]]:
    """Enroll a customer whom the DERMS refuses at first; return the enrollment and its sync request."""
    stack.derms.put("/reference", json={**KNOWN, "feeders": ["NOWHERE-1"]}).raise_for_status()
    enrollment = stack.submit_accepted(stack.build_application())
    request = stack.wait_for_sync_request(enrollment, "error")
    stack.derms.put("/reference", json=KNOWN).raise_for_status()
    return enrollment, request


def list_sync_requests(stack: RunningStack, enrollment: str) -> list[tuple[str, str]]:
    requests = sorted(stack.get_enrollment(enrollment)["sync_requests"], key=lambda one: one["sequence"])
    return [(one["kind"], one["state"]) for one in requests]


def get_waiting_request(stack: RunningStack, enrollment: str) -> dict[str, Any]:
    """Return the sync request that waits for the enrollment's message."""

    def there() -> Any:
        requests = stack.get_enrollment(enrollment)["sync_requests"]
        return len(requests) > 1 and max(requests, key=lambda one: one["sequence"])

    found = wait_for(there)
    return stack.api.get(f"/v1/sync-requests/{found['id']}").raise_for_status().json()


def test_an_unenrollment_does_not_wait_for_a_refused_enrollment(
    stack: RunningStack, unenrollments: UnenrollmentClient, enroll_refused: tuple[str, dict[str, Any]]
) -> None:
    enrollment, request = enroll_refused
    assert unenrollments.wait_for_end(unenrollments.submit_accepted(enrollment))["state"] == "unenrolled"
    wait_for(lambda: stack.describe_enroll_workflow(enrollment).close_time)
    assert list_sync_requests(stack, enrollment) == [("enroll", "cancelled"), ("unenroll", "synchronized")]
    view = stack.api.get(f"/v1/sync-requests/{request['id']}").raise_for_status().json()
    assert view["note"].startswith("nobody participates any more")
    (device,) = unenrollments.get_subscription(enrollment)["devices"]
    assert device["registration"] == "kept"
    assert [one for one in stack.search_derms(device["serial_number"]) if one["state"] == "enrolled"] == []


def test_an_earlier_unenrollment_does_not_wait_for_a_refused_enrollment_either(
    stack: RunningStack, unenrollments: UnenrollmentClient
) -> None:
    stack.set_derms_faults(acknowledge="never")
    enrollment = stack.submit_accepted(stack.build_application())
    request = stack.wait_for_sync_request(enrollment, "awaiting_acknowledgement")
    unenrollment = unenrollments.submit_accepted(enrollment)
    assert get_waiting_request(stack, enrollment)["waits_for"] == f"{request['id']}, which is awaiting acknowledgement"
    path = f"/sync-messages/{message_key(request['id'], 1)}/acknowledge"
    stack.derms.post(path, json={"result": "negative"}).raise_for_status()
    stack.set_derms_faults(acknowledge="callback")  # from here on; before, it would have accepted what waited
    assert unenrollments.wait_for_end(unenrollment)["state"] == "unenrolled"
    assert list_sync_requests(stack, enrollment) == [("enroll", "cancelled"), ("unenroll", "synchronized")]


@pytest.fixture
def blocked(stack: RunningStack, unenrollments: UnenrollmentClient) -> tuple[str, str, str]:
    """Unenroll one of two devices while their enrollment is in error; return enrollment, unenrollment and the sync
    request."""
    program = stack.unique_name("PAIR")
    stack.add_program(program)
    stack.derms.put("/reference", json={**KNOWN, "feeders": ["NOWHERE-1"]}).raise_for_status()
    pair = [{"specification": "ecobee-premium", "serial_number": stack.unique_name("SN")} for _ in range(2)]
    enrollment = stack.submit_accepted(stack.build_application(program=program, devices=pair))
    request = stack.wait_for_sync_request(enrollment, "error")["id"]
    stack.derms.put("/reference", json=KNOWN).raise_for_status()
    goes, _ = unenrollments.list_device_ids(enrollment)
    return enrollment, unenrollments.submit_accepted(enrollment, devices=[{"device": goes}]), request


def test_a_blocked_request_names_the_blocking_request_and_its_fix(
    stack: RunningStack, unenrollments: UnenrollmentClient, blocked: tuple[str, str, str]
) -> None:
    enrollment, unenrollment, request = blocked
    wait_for(
        lambda: (
            "Waits for another change in error" in [one["what"] for one in unenrollments.get(unenrollment)["timeline"]]
        )
    )
    view, later = unenrollments.get(unenrollment), get_waiting_request(stack, enrollment)
    helps = f"POST /v1/sync-requests/{request}/retry or /cancel"
    assert (later["state"], later["waits_for"]) == ("pending", later["note"].removeprefix("waits for "))
    assert helps in view["next_step"]
    assert helps in next(
        one["reason"] for one in view["timeline"] if one["what"] == "Waits for another change in error"
    )
    program = view["program"]
    kinds = {one["kind"]: one for one in stack.api.get("/v1/attention", params={"program": program}).json()["items"]}
    item = kinds["sync_request_held_up"]
    assert (item["id"], request in item["why"]) == (later["id"], True)
    assert [one["href"] for one in item["actions"]] == [
        f"/v1/sync-requests/{request}/{word}" for word in ("retry", "cancel")
    ]


@pytest.mark.parametrize(("word", "ends"), [("retry", "synchronized"), ("cancel", "cancelled")])
def test_one_retry_releases_both_requests(
    stack: RunningStack, unenrollments: UnenrollmentClient, blocked: tuple[str, str, str], word: str, ends: str
) -> None:
    enrollment, unenrollment, request = blocked
    get_waiting_request(stack, enrollment)
    body = {"reason": "they are leaving"} if word == "cancel" else None
    stack.api.post(f"/v1/sync-requests/{request}/{word}", json=body).raise_for_status()
    assert unenrollments.wait_for_end(unenrollment)["state"] == "unenrolled"
    wait_for(lambda: stack.describe_enroll_workflow(enrollment).close_time)
    assert (list_sync_requests(stack, enrollment)[0], list_sync_requests(stack, enrollment)[1][0]) == (
        ("enroll", ends),
        "unenroll",
    )
    held = [
        [one for one in stack.search_derms(device["serial_number"]) if one["state"] == "enrolled"]
        for device in unenrollments.get_subscription(enrollment)["devices"]
    ]
    assert sorted(map(len, held)) == [0, 1]


def test_unenrolling_a_pending_enrollment_is_answered_with_cancelling(
    stack: RunningStack, unenrollments: UnenrollmentClient
) -> None:
    enrollment, _ = InstallationClient(stack).enroll_with_order()
    response = unenrollments.submit(enrollment)
    assert (response.status_code, response.json()["type"].split("#")[1]) == (409, "still-enrolling")
    assert f"/v1/program-enrollments/{enrollment}/cancel" in response.json()["fix"]


def test_cancelling_a_complete_enrollment_is_answered_with_unenrolling(stack: RunningStack) -> None:
    enrollment = stack.enroll()
    response = stack.api.post(f"/v1/program-enrollments/{enrollment}/cancel", json={"reason": "changed their mind"})
    assert (response.status_code, stack.get_enrollment(enrollment)["state"]) == (409, "enrolled")
    assert "unenroll" in response.json()["fix"].lower()


def test_one_of_two_simultaneous_service_calls_is_opened(stack: RunningStack, service_calls: ServiceCallClient) -> None:
    enrollment = stack.enroll()
    with ThreadPoolExecutor(4) as at_once:
        answers = list(at_once.map(lambda _: service_calls.submit(enrollment), range(4)))
    (opened,) = [response.json()["id"] for response in answers if response.status_code == 202]
    others = [response.json() for response in answers if response.status_code != 202]
    assert {other["type"].split("#")[1] for other in others} == {"service-call-open"}
    assert all(opened in other["detail"] for other in others)


def test_one_of_two_simultaneous_unenrollments_is_accepted(
    stack: RunningStack, unenrollments: UnenrollmentClient
) -> None:
    enrollment = stack.enroll()
    with ThreadPoolExecutor(4) as at_once:
        answers = list(at_once.map(lambda _: unenrollments.submit(enrollment), range(4)))
    assert sorted(response.status_code for response in answers) == [202, 409, 409, 409]


def test_an_unenrolled_device_gets_no_service_call(
    stack: RunningStack, unenrollments: UnenrollmentClient, service_calls: ServiceCallClient
) -> None:
    enrollment = service_calls.enroll_battery()
    call, _ = service_calls.submit_with_visit(enrollment)
    unenrollments.unenroll(enrollment)
    view = service_calls.wait_for_state(call, "cancelled")
    assert view["reason"] == "The device has left the program."
    assert (view["available_actions"], view["possible_actions"]) == ([], [])
    assert [one["state"] for one in view["work_orders"]] == ["cancelled"]
    wait_for(lambda: service_calls.wait_for_workflow_end(call).close_time)
    response = service_calls.submit(enrollment)
    assert response.status_code == 409, response.text


def test_a_replacement_after_unenrollment_is_parked(
    stack: RunningStack, unenrollments: UnenrollmentClient, service_calls: ServiceCallClient
) -> None:
    enrollment = service_calls.enroll_battery()
    call, order = service_calls.submit_with_visit(enrollment)
    stack.api.post(f"/v1/work-orders/{order['id']}/progress", json={"step": "on_site"}).raise_for_status()
    unenrollments.unenroll(enrollment)
    service_calls.post_accepted_completion(
        order, "device_replaced", **service_calls.build_replacement(enrollment, "tesla-powerwall-3")
    )
    assert "while it was leaving the program" in service_calls.wait_for_state(call, "needs_attention")["reason"]
    listed = stack.api.get("/v1/attention", params={"kind": "service_call_parked"}).json()["items"]
    (item,) = [one for one in listed if one["id"] == call]
    cancel = next(one for one in item["actions"] if one["action"] == "cancel")
    stack.api.post(cancel["href"], json=cancel["body"]).raise_for_status()
    service_calls.wait_for_state(call, "cancelled")
    assert [device["registration"] for device in unenrollments.get_subscription(enrollment)["devices"]] == ["kept"]


@pytest.mark.parametrize(
    ("asked", "way"),
    [
        ({"reason": "device_removed"}, {"removal_method": "utility_removal"}),
        ({"reason": "non_participation"}, {}),
    ],
    ids=["while a technician is to fetch it", "while its leaving waits for approval"],
)
def test_a_replacement_during_a_partial_unenrollment_is_parked(
    stack: RunningStack,
    unenrollments: UnenrollmentClient,
    service_calls: ServiceCallClient,
    asked: dict[str, str],
    way: dict[str, str],
) -> None:
    pair = [{"specification": "tesla-powerwall-3", "serial_number": stack.unique_name("SN")} for _ in range(2)]
    enrollment = service_calls.enroll_battery(devices=pair)
    goes, stays = unenrollments.list_device_ids(enrollment)
    call, order = service_calls.submit_with_visit(enrollment)
    unenrollment = unenrollments.submit_accepted(enrollment, devices=[{"device": goes, **way}], **asked)
    unenrollments.wait_for_state(unenrollment, "removing", "awaiting_approval")
    service_calls.post_accepted_completion(
        order, "device_replaced", **service_calls.build_replacement(enrollment, "tesla-powerwall-3")
    )
    assert "while it was leaving the program" in service_calls.wait_for_state(call, "needs_attention")["reason"]
    unenrollments.post_accepted(unenrollment, "cancel", reason="the device was replaced instead")
    service_calls.post(call, "retry").raise_for_status()
    new = service_calls.wait_for_state(call, "closed")["replaced_by"]
    registrations = {one["id"]: one["registration"] for one in unenrollments.get_subscription(enrollment)["devices"]}
    assert registrations == {goes: "removed", stays: "registered", new: "registered"}


def test_a_full_unenrollment_includes_a_device_added_meanwhile(
    stack: RunningStack, unenrollments: UnenrollmentClient, service_calls: ServiceCallClient
) -> None:
    enrollment = service_calls.enroll_battery()
    call, order = service_calls.submit_with_visit(enrollment)
    unenrollment = unenrollments.submit_accepted(enrollment, reason="non_participation")
    unenrollments.wait_for_state(unenrollment, "awaiting_approval")
    service_calls.post_accepted_completion(
        order, "device_replaced", **service_calls.build_replacement(enrollment, "tesla-powerwall-3")
    )
    new = service_calls.wait_for_state(call, "closed")["replaced_by"]
    unenrollments.post_accepted(unenrollment, "approval", approved=True, reason="tampered with")
    assert [one["id"] for one in unenrollments.wait_for_end(unenrollment)["devices"]] == [new]
    number = unenrollments.get_subscription(enrollment)["number"]
    assert [one for one in stack.search_derms(number) if one["state"] == "enrolled"] == []

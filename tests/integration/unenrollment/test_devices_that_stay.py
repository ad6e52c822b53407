"""Unenrollments of devices that stay in place (docs/domain.md#unenroll)."""

from itertools import pairwise
from typing import Any

import pytest

from operations.platform.outbox import HEAD_START
from tests.integration.clients.running_stack import RunningStack
from tests.integration.clients.unenrollments import UnenrollmentClient


@pytest.fixture(scope="module")
def program(running: RunningStack) -> str:
    code = running.unique_name("KEEP")
    running.add_program(code)
    return code


@pytest.fixture(scope="module")
def enrollment(running: RunningStack, program: str) -> str:
    return UnenrollmentClient(running).enroll(program, devices=2)


@pytest.fixture(scope="module")
def unenrollment(running: RunningStack, enrollment: str) -> dict[str, Any]:
    return UnenrollmentClient(running).unenroll(enrollment)


def test_the_request_is_accepted_immediately(stack: RunningStack, program: str) -> None:
    response = UnenrollmentClient(stack).submit(UnenrollmentClient(stack).enroll(program))
    assert (response.status_code, response.json()["state"]) == (202, "submitted")
    assert response.headers["location"] == response.json()["links"]["self"]


def test_the_subscription_ends(stack: RunningStack, enrollment: str, unenrollment: dict[str, Any]) -> None:
    subscription = stack.get_enrollment(enrollment)["subscription"]
    assert (unenrollment["state"], subscription["state"]) == ("unenrolled", "ended")
    assert subscription["end"] is not None


def test_the_list_of_enrollments_distinguishes_active_from_ended(stack: RunningStack) -> None:
    program = stack.unique_name("LIST")
    stack.add_program(program)
    gone, here = (UnenrollmentClient(stack).enroll(program) for _ in range(2))
    UnenrollmentClient(stack).unenroll(gone)

    def list_enrollments(**wanted: str) -> list[tuple[str, str, str]]:
        page = stack.api.get("/v1/program-enrollments", params={"program": program, **wanted}).raise_for_status()
        return [(one["id"], one["state"], one["subscription_state"]) for one in page.json()["items"]]

    assert list_enrollments() == [(here, "enrolled", "active"), (gone, "enrolled", "ended")]
    assert list_enrollments(subscription_state="active") == [(here, "enrolled", "active")]


def test_the_devices_stay_and_the_derms_has_released_them(
    stack: RunningStack, enrollment: str, unenrollment: dict[str, Any]
) -> None:
    for device in unenrollment["devices"]:
        assert (device["ended"], device["registration"], device["controllable"]) == ("kept", "kept", False)
        (held,) = stack.search_derms(device["serial_number"])
        assert held["state"] == "removed"
        assert stack.database.value("SELECT state FROM device WHERE id = $1", device["id"]) == "installed"
        hangs = "SELECT count(*) FROM device_installation WHERE device_id = $1 AND removed_at IS NULL"
        assert stack.database.value(hangs, device["id"]) == 1


def test_one_message_reports_the_unenrollment(unenrollment: dict[str, Any]) -> None:
    assert [(one["kind"], one["sequence"], one["state"]) for one in unenrollment["sync_requests"]] == [
        ("unenroll", 2, "synchronized")
    ]


def test_the_decision_names_every_rule(unenrollment: dict[str, Any]) -> None:
    assert unenrollment["decision"]["outcome"] == "accepted"
    rules = {one["rule"] for one in unenrollment["decision"]["findings"]}
    assert {"subscription_open", "reason_given", "minimum_term", "removal_possible"} <= rules


def test_the_timeline_lists_each_step_in_order(unenrollment: dict[str, Any]) -> None:
    sentences = [one["what"] for one in unenrollment["timeline"]]
    wanted = ["Unenrollment request received", "Subscription ended", "Unenrolled", "Acknowledged by the DERMS"]
    assert [one for one in sentences if one in wanted] == wanted
    assert all(earlier["at"] <= later["at"] for earlier, later in pairwise(unenrollment["timeline"]))
    assert "holds the devices no more" in unenrollment["next_step"]


def test_a_repeated_request_gets_the_same_answer_and_a_different_one_is_refused(
    stack: RunningStack, program: str
) -> None:
    unenrollments = UnenrollmentClient(stack)
    enrollment = unenrollments.enroll(program)
    name = stack.unique_name("U")
    first = unenrollments.submit_accepted(enrollment, transaction_id=name)
    unenrollments.wait_for_end(first)
    assert unenrollments.submit_accepted(enrollment, transaction_id=name) == first
    other = unenrollments.submit(enrollment, transaction_id=name, reason="move_out")
    assert (other.status_code, other.json()["type"].split("#")[1]) == (409, "content-mismatch")
    again = unenrollments.submit(enrollment)
    assert (again.status_code, again.json()["type"].split("#")[1]) == (409, "not-subscribed")


def test_capacity_is_released_once_and_the_waitlist_is_served(stack: RunningStack) -> None:
    code, unenrollments = stack.unique_name("LEAVE"), UnenrollmentClient(stack)
    stack.add_program(code, capacity={"customers": 1, "waitlist": True}, devices={"minimum": 1, "maximum": 4})
    first = unenrollments.enroll(code, devices=2)
    waiting = stack.submit_accepted(stack.build_application(program=code))
    stack.wait_for_enrollment(waiting, "waitlisted")
    unenrollments.unenroll(first)
    stack.wait_for_enrollment(waiting, "enrolled")
    assert unenrollments.get_capacity_in_use(code) == (1, 1, 3.5)
    # The workflow's step that released the capacity delivers no message itself: the relay does.
    moments = "SELECT (SELECT max(at) FROM audit_entry WHERE subject = $1) - (SELECT max(at) FROM audit_entry WHERE"
    passed = stack.database.value(f"{moments} subject = $2)", waiting, unenrollments.get_subscription(first)["id"])
    assert passed < HEAD_START


def test_unenrolling_one_of_several_devices_keeps_the_subscription(stack: RunningStack) -> None:
    code, unenrollments = stack.unique_name("PART"), UnenrollmentClient(stack)
    stack.add_program(code)
    enrollment = unenrollments.enroll(code, devices=3)
    goes, *stay = unenrollments.list_device_ids(enrollment)
    view = unenrollments.unenroll(enrollment, devices=[{"device": goes}])
    assert (view["state"], view["whole_subscription"], view["subscription_state"]) == ("unenrolled", False, "active")
    assert view["next_step"].startswith("These devices have left")
    registrations = {one["id"]: one["registration"] for one in unenrollments.get_subscription(enrollment)["devices"]}
    assert registrations == {goes: "kept", **dict.fromkeys(stay, "registered")}
    assert unenrollments.get_capacity_in_use(code) == (1, 2, 7.0)


def test_the_remaining_devices_can_be_unenrolled_afterwards(stack: RunningStack) -> None:
    code, unenrollments = stack.unique_name("PART"), UnenrollmentClient(stack)
    stack.add_program(code)
    enrollment = unenrollments.enroll(code, devices=2)
    unenrollments.unenroll(enrollment, devices=[{"device": unenrollments.list_device_ids(enrollment)[0]}])
    view = unenrollments.unenroll(enrollment)
    assert (view["subscription_state"], len(view["devices"])) == ("ended", 1)
    assert {one["registration"] for one in unenrollments.get_subscription(enrollment)["devices"]} == {"kept"}
    assert unenrollments.get_capacity_in_use(code) == (0, 0, 0.0)


def test_fewer_devices_than_the_program_minimum_cannot_stay(stack: RunningStack) -> None:
    code, unenrollments = stack.unique_name("PART"), UnenrollmentClient(stack)
    stack.add_program(code, devices={"minimum": 2, "maximum": 4})
    enrollment = unenrollments.enroll(code, devices=2)
    view = unenrollments.unenroll(enrollment, devices=[{"device": unenrollments.list_device_ids(enrollment)[0]}])
    assert (view["whole_subscription"], view["subscription_state"], len(view["devices"])) == (True, "ended", 2)


def test_the_cool_down_counts_from_the_end(stack: RunningStack) -> None:
    code, unenrollments, customer = stack.unique_name("COOL"), UnenrollmentClient(stack), stack.customers.take()
    rules = [{"rule": "cool_down", "days": 30}]
    stack.add_program(code, eligibility=rules)
    first = stack.submit_accepted(stack.build_application(customer, program=code))
    stack.wait_for_sync_request(first, "synchronized")
    unenrollments.unenroll(first)
    again = stack.wait_for_enrollment(
        stack.submit_accepted(stack.build_application(customer, program=code)), "rejected"
    )
    assert "cool_down" in {one["rule"] for one in again["decision"]["findings"] if one["verdict"] == "failed"}


def test_the_device_can_be_enrolled_again(stack: RunningStack, program: str) -> None:
    customer, unenrollments = stack.customers.take(), UnenrollmentClient(stack)
    application = stack.build_application(customer, program=program)
    first = stack.submit_accepted(application)
    stack.wait_for_sync_request(first, "synchronized")
    unenrollments.unenroll(first)
    again = stack.submit_accepted({**application, "transaction_id": stack.unique_name()})
    stack.wait_for_sync_request(again, "synchronized")
    assert unenrollments.list_device_ids(again) == unenrollments.list_device_ids(first)

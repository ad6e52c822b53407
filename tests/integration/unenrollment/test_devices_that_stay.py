"""Leaving a program with devices that stay where they are (docs/domain.md#unenroll)."""

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
def left(running: RunningStack, enrollment: str) -> dict[str, Any]:
    return UnenrollmentClient(running).unenroll(enrollment)


def test_the_request_is_taken_at_once(doors: RunningStack, program: str) -> None:
    answer = UnenrollmentClient(doors).submit(UnenrollmentClient(doors).enroll(program))
    assert (answer.status_code, answer.json()["state"]) == (202, "submitted")
    assert answer.headers["location"] == answer.json()["links"]["self"]


def test_the_subscription_ends(doors: RunningStack, enrollment: str, left: dict[str, Any]) -> None:
    subscription = doors.get_enrollment(enrollment)["subscription"]
    assert (left["state"], subscription["state"]) == ("unenrolled", "ended")
    assert subscription["end"] is not None


def test_a_list_of_enrolments_tells_who_takes_part_from_who_has_left(doors: RunningStack) -> None:
    program = doors.unique_name("LIST")
    doors.add_program(program)
    gone, here = (UnenrollmentClient(doors).enroll(program) for _ in range(2))
    UnenrollmentClient(doors).unenroll(gone)

    def listed(**wanted: str) -> list[tuple[str, str, str]]:
        page = doors.api.get("/v1/program-enrollments", params={"program": program, **wanted}).raise_for_status()
        return [(one["id"], one["state"], one["subscription_state"]) for one in page.json()["items"]]

    assert listed() == [(here, "enrolled", "active"), (gone, "enrolled", "ended")]
    assert listed(subscription_state="active") == [(here, "enrolled", "active")]


def test_the_devices_stay_and_the_derms_has_let_go_of_them(
    doors: RunningStack, enrollment: str, left: dict[str, Any]
) -> None:
    for device in left["devices"]:
        assert (device["ended"], device["registration"], device["controllable"]) == ("kept", "kept", False)
        (held,) = doors.search_derms(device["serial_number"])
        assert held["state"] == "removed"
        assert doors.database.value("SELECT state FROM device WHERE id = $1", device["id"]) == "installed"
        hangs = "SELECT count(*) FROM device_installation WHERE device_id = $1 AND removed_at IS NULL"
        assert doors.database.value(hangs, device["id"]) == 1


def test_one_message_told_it(left: dict[str, Any]) -> None:
    assert [(one["kind"], one["sequence"], one["state"]) for one in left["sync_requests"]] == [
        ("unenroll", 2, "synchronized")
    ]


def test_the_decision_names_every_rule(left: dict[str, Any]) -> None:
    assert left["decision"]["outcome"] == "accepted"
    rules = {one["rule"] for one in left["decision"]["findings"]}
    assert {"subscription_open", "reason_given", "minimum_term", "removal_possible"} <= rules


def test_the_timeline_tells_each_step_in_order(left: dict[str, Any]) -> None:
    told = [one["what"] for one in left["timeline"]]
    wanted = ["Unenrollment request received", "Subscription ended", "Unenrolled", "Acknowledged by the DERMS"]
    assert [one for one in told if one in wanted] == wanted
    assert all(earlier["at"] <= later["at"] for earlier, later in pairwise(left["timeline"]))
    assert "holds the devices no more" in left["next_step"]


def test_the_same_request_again_is_answered_alike_and_another_is_refused(doors: RunningStack, program: str) -> None:
    leaving = UnenrollmentClient(doors)
    enrollment = leaving.enroll(program)
    name = doors.unique_name("U")
    first = leaving.submit_accepted(enrollment, transaction_id=name)
    leaving.wait_for_end(first)
    assert leaving.submit_accepted(enrollment, transaction_id=name) == first
    other = leaving.submit(enrollment, transaction_id=name, reason="move_out")
    assert (other.status_code, other.json()["type"].split("#")[1]) == (409, "content-mismatch")
    again = leaving.submit(enrollment)
    assert (again.status_code, again.json()["type"].split("#")[1]) == (409, "not-subscribed")


def test_the_places_are_given_back_once_and_the_waitlist_is_served(doors: RunningStack) -> None:
    code, leaving = doors.unique_name("LEAVE"), UnenrollmentClient(doors)
    doors.add_program(code, capacity={"customers": 1, "waitlist": True}, devices={"minimum": 1, "maximum": 4})
    first = leaving.enroll(code, devices=2)
    waiting = doors.submit_accepted(doors.build_application(program=code))
    doors.wait_for_enrollment(waiting, "waitlisted")
    leaving.unenroll(first)
    doors.wait_for_enrollment(waiting, "enrolled")
    assert leaving.get_capacity_in_use(code) == (1, 1, 3.5)
    # The step of a flow that freed the place brings the news to nobody itself: the relay does not wait for it to.
    moments = "SELECT (SELECT max(at) FROM audit_entry WHERE subject = $1) - (SELECT max(at) FROM audit_entry WHERE"
    passed = doors.database.value(f"{moments} subject = $2)", waiting, leaving.get_subscription(first)["id"])
    assert passed < HEAD_START


def test_one_device_of_several_leaves_and_the_subscription_stays(doors: RunningStack) -> None:
    code, leaving = doors.unique_name("PART"), UnenrollmentClient(doors)
    doors.add_program(code)
    enrollment = leaving.enroll(code, devices=3)
    goes, *stay = leaving.list_device_ids(enrollment)
    seen = leaving.unenroll(enrollment, devices=[{"device": goes}])
    assert (seen["state"], seen["whole_subscription"], seen["subscription_state"]) == ("unenrolled", False, "active")
    assert seen["next_step"].startswith("These devices have left")
    registrations = {one["id"]: one["registration"] for one in leaving.get_subscription(enrollment)["devices"]}
    assert registrations == {goes: "kept", **dict.fromkeys(stay, "registered")}
    assert leaving.get_capacity_in_use(code) == (1, 2, 7.0)


def test_the_rest_can_leave_afterwards(doors: RunningStack) -> None:
    code, leaving = doors.unique_name("PART"), UnenrollmentClient(doors)
    doors.add_program(code)
    enrollment = leaving.enroll(code, devices=2)
    leaving.unenroll(enrollment, devices=[{"device": leaving.list_device_ids(enrollment)[0]}])
    seen = leaving.unenroll(enrollment)
    assert (seen["subscription_state"], len(seen["devices"])) == ("ended", 1)
    assert {one["registration"] for one in leaving.get_subscription(enrollment)["devices"]} == {"kept"}
    assert leaving.get_capacity_in_use(code) == (0, 0, 0.0)


def test_fewer_than_the_program_takes_cannot_stay(doors: RunningStack) -> None:
    code, leaving = doors.unique_name("PART"), UnenrollmentClient(doors)
    doors.add_program(code, devices={"minimum": 2, "maximum": 4})
    enrollment = leaving.enroll(code, devices=2)
    seen = leaving.unenroll(enrollment, devices=[{"device": leaving.list_device_ids(enrollment)[0]}])
    assert (seen["whole_subscription"], seen["subscription_state"], len(seen["devices"])) == (True, "ended", 2)


def test_the_cool_down_counts_from_the_end(doors: RunningStack) -> None:
    code, leaving, who = doors.unique_name("COOL"), UnenrollmentClient(doors), doors.customers.take()
    rules = [{"rule": "cool_down", "days": 30}]
    doors.add_program(code, eligibility=rules)
    first = doors.submit_accepted(doors.build_application(who, program=code))
    doors.wait_for_sync_request(first, "synchronized")
    leaving.unenroll(first)
    again = doors.wait_for_enrollment(doors.submit_accepted(doors.build_application(who, program=code)), "rejected")
    assert "cool_down" in {one["rule"] for one in again["decision"]["findings"] if one["verdict"] == "failed"}


def test_the_device_can_take_part_again(doors: RunningStack, program: str) -> None:
    who, leaving = doors.customers.take(), UnenrollmentClient(doors)
    application = doors.build_application(who, program=program)
    first = doors.submit_accepted(application)
    doors.wait_for_sync_request(first, "synchronized")
    leaving.unenroll(first)
    again = doors.submit_accepted({**application, "transaction_id": doors.unique_name()})
    doors.wait_for_sync_request(again, "synchronized")
    assert leaving.list_device_ids(again) == leaving.list_device_ids(first)

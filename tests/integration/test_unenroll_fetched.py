"""Leaving a program with devices that a technician fetches (docs/domain.md#unenroll)."""

from typing import Any

import pytest

from tests.integration.doors import Doors
from tests.integration.leaving import Leaving

AT_THE_END = {"reason": "device_removed"}
AT_ONCE = {"reason": "customer_opt_out"}


@pytest.fixture(scope="module")
def program(running: Doors) -> str:
    return Leaving(running).lend()


@pytest.fixture
def leaving(doors: Doors) -> Leaving:
    return Leaving(doors)


def _device(leaving: Leaving, enrollment: str) -> dict[str, Any]:
    return leaving.subscription(enrollment)["devices"][0]


def test_it_takes_part_until_it_is_fetched(leaving: Leaving, program: str) -> None:
    enrollment = leaving.lent(program)
    unenrollment = leaving.asked(enrollment, **AT_THE_END)
    leaving.order(unenrollment)
    seen = leaving.seen(unenrollment)
    assert (seen["state"], seen["subscription_state"], seen["sync_requests"]) == ("removing", "ending", [])
    assert _device(leaving, enrollment)["controllable"]


def test_fetched_it_is_gone_everywhere(doors: Doors, leaving: Leaving, program: str) -> None:
    enrollment = leaving.lent(program)
    unenrollment = leaving.asked(enrollment, **AT_THE_END)
    leaving.report(unenrollment, leaving.order(unenrollment), "completed_as_ordered")
    seen = leaving.over(unenrollment)
    (device,) = seen["devices"]
    assert (seen["state"], seen["subscription_state"]) == ("unenrolled", "ended")
    assert (device["ended"], device["registration"], device["work_order_state"]) == ("removed", "removed", "completed")
    assert doors.held(device["serial_number"])[0]["state"] == "removed"
    assert doors.database.value("SELECT state FROM device WHERE id = $1", device["id"]) == "removed"
    hangs = "SELECT count(*) FROM device_installation WHERE device_id = $1 AND removed_at IS NULL"
    assert doors.database.value(hangs, device["id"]) == 0


def test_a_report_through_the_technicians_door_fetches_it(doors: Doors, leaving: Leaving, program: str) -> None:
    unenrollment = leaving.asked(leaving.lent(program), **AT_THE_END)
    order = leaving.order(unenrollment)
    (device,) = leaving.seen(unenrollment)["devices"]
    removed = {"serial_number": device["serial_number"], "condition": "worn"}
    report = {
        "completion_id": doors.name("C"),
        "outcome": "completed_as_ordered",
        "technician": "T. Echnician",
        "finished_at": "2026-07-01T10:00:00Z",
        "device_removed": removed,
    }
    for _ in range(2):
        doors.api.post(f"/v1/work-orders/{order}/completion", json=report).raise_for_status()
    assert leaving.over(unenrollment)["devices"][0]["registration"] == "removed"


@pytest.mark.parametrize(
    "report", ["nonsense", {"completion_id": "x"}, {"work_order_id": "wo_x", "completion_id": "x"}]
)
def test_a_report_that_means_nothing_changes_nothing(leaving: Leaving, program: str, report: Any) -> None:
    unenrollment = leaving.asked(leaving.lent(program), **AT_THE_END)
    order = leaving.order(unenrollment)
    leaving.signal(unenrollment, "site_visit_completed", report)
    leaving.report(unenrollment, order, "completed_as_ordered")
    assert leaving.over(unenrollment)["devices"][0]["ended"] == "removed"


def test_while_the_technician_is_there_nothing_is_taken_back(doors: Doors, leaving: Leaving, program: str) -> None:
    unenrollment = leaving.asked(leaving.lent(program), **AT_THE_END)
    order = leaving.order(unenrollment)
    doors.api.post(f"/v1/work-orders/{order}/progress", json={"step": "on_site"}).raise_for_status()
    (device,) = leaving.seen(unenrollment)["devices"]
    for door in ("cancel", f"devices/{device['id']}/kept"):
        refused = leaving.do(unenrollment, door, reason="too late")
        assert (refused.status_code, refused.json()["type"].split("#")[1]) == (409, "visit-started")
    leaving.report(unenrollment, order, "completed_as_ordered")
    assert leaving.over(unenrollment)["devices"][0]["ended"] == "removed"


def test_who_is_never_met_is_left_to_an_operator_who_keeps_the_device(leaving: Leaving) -> None:
    program = leaving.lend()
    unenrollment = leaving.asked(leaving.lent(program), **AT_THE_END)
    for state in ("dispatched", "rescheduled", "rescheduled"):
        leaving.report(unenrollment, leaving.order(unenrollment, state=state), "no_access")
    seen = leaving.reaches(unenrollment, "needs_attention")
    (device,) = seen["devices"]
    assert ("no_access" in device["needs_attention"], device["available_actions"]) == (True, ["kept"])
    assert leaving.held(program) == (1, 1, 3.5)
    assert leaving.done(unenrollment, f"devices/{device['id']}/kept", reason="nobody ever opens") == "unenrolled"
    assert leaving.over(unenrollment)["devices"][0]["registration"] == "kept"
    assert leaving.held(program) == (0, 0, 0.0)


def test_an_operator_may_have_it_tried_once_more(leaving: Leaving, program: str) -> None:
    unenrollment = leaving.asked(leaving.lent(program), **AT_THE_END)
    order = leaving.order(unenrollment)
    leaving.report(unenrollment, order, "customer_refused")
    leaving.reaches(unenrollment, "needs_attention")
    assert leaving.done(unenrollment, "retry") == "removing"
    leaving.report(unenrollment, leaving.order(unenrollment, state="rescheduled"), "completed_as_ordered")
    seen = leaving.over(unenrollment)
    assert (seen["state"], seen["devices"][0]["work_order"]) == ("unenrolled", order)


def test_a_technician_who_goes_there_once_more_unasked_is_heard(leaving: Leaving, program: str) -> None:
    unenrollment = leaving.asked(leaving.lent(program), **AT_THE_END)
    for state in ("dispatched", "rescheduled", "rescheduled"):
        order = leaving.order(unenrollment, state=state)
        leaving.report(unenrollment, order, "no_access")
    leaving.reaches(unenrollment, "needs_attention")
    leaving.report(unenrollment, order, "completed_as_ordered")
    assert leaving.over(unenrollment)["devices"][0]["ended"] == "removed"


def test_who_was_refused_and_goes_there_once_more_is_heard_when_it_is_retried(leaving: Leaving, program: str) -> None:
    unenrollment = leaving.asked(leaving.lent(program), **AT_THE_END)
    order = leaving.order(unenrollment)
    leaving.report(unenrollment, order, "customer_refused")
    leaving.reaches(unenrollment, "needs_attention")
    leaving.report(unenrollment, order, "completed_as_ordered")
    leaving.done(unenrollment, "retry")
    assert leaving.over(unenrollment)["devices"][0]["ended"] == "removed"


def test_a_used_up_order_is_tried_once_more_too(leaving: Leaving, program: str) -> None:
    unenrollment = leaving.asked(leaving.lent(program), **AT_THE_END)
    for state in ("dispatched", "rescheduled", "rescheduled"):
        order = leaving.order(unenrollment, state=state)
        leaving.report(unenrollment, order, "no_access")
    leaving.reaches(unenrollment, "needs_attention")
    leaving.done(unenrollment, "retry")
    leaving.report(unenrollment, leaving.order(unenrollment, state="rescheduled"), "completed_as_ordered")
    assert leaving.over(unenrollment)["devices"][0]["ended"] == "removed"


def test_control_stops_before_the_device_is_fetched(doors: Doors, leaving: Leaving) -> None:
    program = leaving.lend()
    enrollment = leaving.lent(program)
    unenrollment = leaving.asked(enrollment, **AT_ONCE)
    order = leaving.order(unenrollment)
    doors.told(enrollment, "synchronized")
    seen = leaving.seen(unenrollment)
    assert (seen["state"], seen["subscription_state"]) == ("removing", "ended")
    assert seen["devices"][0]["registration"] in ("removing", "deregistered")
    assert leaving.held(program) == (0, 0, 0.0)
    leaving.report(unenrollment, order, "completed_as_ordered")
    seen = leaving.over(unenrollment)
    assert (seen["devices"][0]["registration"], len(seen["sync_requests"])) == ("removed", 1)


def test_a_removal_that_fails_brings_no_subscription_back(leaving: Leaving, program: str) -> None:
    unenrollment = leaving.asked(leaving.lent(program), **AT_ONCE)
    leaving.report(unenrollment, leaving.order(unenrollment), "customer_refused")
    seen = leaving.reaches(unenrollment, "recovery_pending")
    assert seen["subscription_state"] == "ended"
    assert leaving.do(unenrollment, "cancel", reason="never mind").status_code == 409
    leaving.done(unenrollment, f"devices/{seen['devices'][0]['id']}/kept", reason="let them have it")
    assert leaving.over(unenrollment)["devices"][0]["registration"] == "kept"


def test_several_devices_are_fetched_at_once_and_told_as_they_leave(leaving: Leaving) -> None:
    program = leaving.lend()
    enrollment = leaving.lent(program, devices=3)
    stays = {"device": leaving.devices(enrollment)[0], "removal_method": "keep"}
    fetched = [{"device": one} for one in leaving.devices(enrollment)[1:]]
    unenrollment = leaving.asked(enrollment, devices=[stays, *fetched], **AT_THE_END)
    first, second = leaving.order(unenrollment, 1), leaving.order(unenrollment, 2)
    assert leaving.held(program) == (1, 2, 7.0)
    assert leaving.seen(unenrollment)["subscription_state"] == "ending"
    leaving.report(unenrollment, second, "completed_as_ordered")
    leaving.order(unenrollment, 2, "completed")
    leaving.report(unenrollment, first, "completed_as_ordered")
    seen = leaving.over(unenrollment)
    assert [one["registration"] for one in seen["devices"]] == ["kept", "removed", "removed"]
    assert {one["state"] for one in seen["sync_requests"]} <= {"synchronized", "discarded"}
    assert (leaving.held(program), seen["subscription_state"]) == ((0, 0, 0.0), "ended")


def test_taken_back_in_time_everything_is_as_before(leaving: Leaving, program: str) -> None:
    enrollment = leaving.lent(program)
    unenrollment = leaving.asked(enrollment, **AT_THE_END)
    leaving.order(unenrollment)
    assert leaving.done(unenrollment, "cancel", reason="they stay") == "cancelled"
    seen = leaving.over(unenrollment)
    assert (seen["state"], seen["subscription_state"]) == ("cancelled", "active")
    assert (seen["devices"][0]["work_order_state"], seen["sync_requests"]) == ("cancelled", [])
    assert _device(leaving, enrollment)["controllable"]
    assert leaving.ask(enrollment).status_code == 202


def test_what_has_left_cannot_be_taken_back(leaving: Leaving, program: str) -> None:
    unenrollment = leaving.asked(leaving.lent(program), **AT_ONCE)
    leaving.order(unenrollment)
    answer = leaving.do(unenrollment, "cancel", reason="they stay")
    assert (answer.status_code, answer.json()["type"].split("#")[1]) == (409, "already-left")


def test_nobody_is_sent_for_a_device_of_the_customers_own_where_the_program_forbids_it(
    doors: Doors, leaving: Leaving
) -> None:
    enrollment = doors.enrolled()
    asked = [{"device": leaving.devices(enrollment)[0], "removal_method": "utility_removal"}]
    seen = leaving.reaches(leaving.asked(enrollment, devices=asked), "rejected")
    failed = [one for one in seen["decision"]["findings"] if one["verdict"] == "failed"]
    assert [one["rule"] for one in failed] == ["removal_possible"]
    assert leaving.subscription(enrollment)["state"] == "active"


def test_a_shipped_device_is_awaited_until_it_comes(leaving: Leaving) -> None:
    program = leaving.lend(removal_method="ship_back")
    enrollment = leaving.lent(program)
    unenrollment = leaving.asked(enrollment, **AT_THE_END)
    device = leaving.reaches(unenrollment, "removing")["devices"][0]["id"]
    assert leaving.done(unenrollment, f"devices/{device}/received") == "unenrolled"
    assert leaving.done(unenrollment, f"devices/{device}/received") == "unenrolled"
    seen = leaving.over(unenrollment)
    assert (seen["devices"][0]["registration"], seen["subscription_state"]) == ("removed", "ended")


def test_only_a_shipped_device_is_received(leaving: Leaving, program: str) -> None:
    unenrollment = leaving.asked(leaving.lent(program), **AT_THE_END)
    leaving.order(unenrollment)
    device = leaving.seen(unenrollment)["devices"][0]["id"]
    answer = leaving.do(unenrollment, f"devices/{device}/received")
    assert (answer.status_code, answer.json()["type"].split("#")[1]) == (409, "not-shipped")


def test_a_device_signalled_by_hand_as_received_is_received(leaving: Leaving) -> None:
    unenrollment = leaving.asked(leaving.lent(leaving.lend(removal_method="ship_back")), **AT_THE_END)
    device = leaving.reaches(unenrollment, "removing")["devices"][0]["id"]
    leaving.signal(unenrollment, "device_received", {"device_id": device})
    assert leaving.over(unenrollment)["devices"][0]["ended"] == "removed"

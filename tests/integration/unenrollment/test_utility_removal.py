"""Unenrollments of devices that a technician removes (docs/domain.md#unenroll)."""

from typing import Any

import pytest

from tests.integration.clients.running_stack import RunningStack
from tests.integration.clients.unenrollments import UnenrollmentClient

AT_THE_END = {"reason": "device_removed"}
AT_ONCE = {"reason": "customer_opt_out"}


@pytest.fixture(scope="module")
def program(running: RunningStack) -> str:
    return UnenrollmentClient(running).add_lending_program()


@pytest.fixture
def leaving(doors: RunningStack) -> UnenrollmentClient:
    return UnenrollmentClient(doors)


def _device(leaving: UnenrollmentClient, enrollment: str) -> dict[str, Any]:
    return leaving.get_subscription(enrollment)["devices"][0]


def test_a_device_participates_until_its_removal(leaving: UnenrollmentClient, program: str) -> None:
    enrollment = leaving.enroll_lent(program)
    unenrollment = leaving.submit_accepted(enrollment, **AT_THE_END)
    leaving.wait_for_order(unenrollment)
    seen = leaving.get(unenrollment)
    assert (seen["state"], seen["subscription_state"], seen["sync_requests"]) == ("removing", "ending", [])
    assert _device(leaving, enrollment)["controllable"]


def test_a_removed_device_is_unenrolled_everywhere(
    doors: RunningStack, leaving: UnenrollmentClient, program: str
) -> None:
    enrollment = leaving.enroll_lent(program)
    unenrollment = leaving.submit_accepted(enrollment, **AT_THE_END)
    leaving.signal_completion(unenrollment, leaving.wait_for_order(unenrollment), "completed_as_ordered")
    seen = leaving.wait_for_end(unenrollment)
    (device,) = seen["devices"]
    assert (seen["state"], seen["subscription_state"]) == ("unenrolled", "ended")
    assert (device["ended"], device["registration"], device["work_order_state"]) == ("removed", "removed", "completed")
    assert doors.search_derms(device["serial_number"])[0]["state"] == "removed"
    assert doors.database.value("SELECT state FROM device WHERE id = $1", device["id"]) == "removed"
    hangs = "SELECT count(*) FROM device_installation WHERE device_id = $1 AND removed_at IS NULL"
    assert doors.database.value(hangs, device["id"]) == 0


def test_a_completion_report_ends_the_removal(doors: RunningStack, leaving: UnenrollmentClient, program: str) -> None:
    unenrollment = leaving.submit_accepted(leaving.enroll_lent(program), **AT_THE_END)
    order = leaving.wait_for_order(unenrollment)
    (device,) = leaving.get(unenrollment)["devices"]
    removed = {"serial_number": device["serial_number"], "condition": "worn"}
    report = {
        "completion_id": doors.unique_name("C"),
        "outcome": "completed_as_ordered",
        "technician": "T. Echnician",
        "finished_at": "2026-07-01T10:00:00Z",
        "device_removed": removed,
    }
    for _ in range(2):
        doors.api.post(f"/v1/work-orders/{order}/completion", json=report).raise_for_status()
    assert leaving.wait_for_end(unenrollment)["devices"][0]["registration"] == "removed"


@pytest.mark.parametrize(
    "report", ["nonsense", {"completion_id": "x"}, {"work_order_id": "wo_x", "completion_id": "x"}]
)
def test_a_meaningless_report_changes_nothing(leaving: UnenrollmentClient, program: str, report: Any) -> None:
    unenrollment = leaving.submit_accepted(leaving.enroll_lent(program), **AT_THE_END)
    order = leaving.wait_for_order(unenrollment)
    leaving.signal(unenrollment, "site_visit_completed", report)
    leaving.signal_completion(unenrollment, order, "completed_as_ordered")
    assert leaving.wait_for_end(unenrollment)["devices"][0]["ended"] == "removed"


def test_an_unenrollment_is_not_cancelled_while_a_technician_is_on_site(
    doors: RunningStack, leaving: UnenrollmentClient, program: str
) -> None:
    unenrollment = leaving.submit_accepted(leaving.enroll_lent(program), **AT_THE_END)
    order = leaving.wait_for_order(unenrollment)
    doors.api.post(f"/v1/work-orders/{order}/progress", json={"step": "on_site"}).raise_for_status()
    (device,) = leaving.get(unenrollment)["devices"]
    for door in ("cancel", f"devices/{device['id']}/kept"):
        refused = leaving.post(unenrollment, door, reason="too late")
        assert (refused.status_code, refused.json()["type"].split("#")[1]) == (409, "visit-started")
    leaving.signal_completion(unenrollment, order, "completed_as_ordered")
    assert leaving.wait_for_end(unenrollment)["devices"][0]["ended"] == "removed"


def test_exhausted_removal_visits_are_parked_until_the_device_is_kept(leaving: UnenrollmentClient) -> None:
    program = leaving.add_lending_program()
    unenrollment = leaving.submit_accepted(leaving.enroll_lent(program), **AT_THE_END)
    for state in ("dispatched", "rescheduled", "rescheduled"):
        leaving.signal_completion(unenrollment, leaving.wait_for_order(unenrollment, state=state), "no_access")
    seen = leaving.wait_for_state(unenrollment, "needs_attention")
    (device,) = seen["devices"]
    assert ("no_access" in device["needs_attention"], device["available_actions"]) == (True, ["kept"])
    assert leaving.get_capacity_in_use(program) == (1, 1, 3.5)
    assert (
        leaving.post_accepted(unenrollment, f"devices/{device['id']}/kept", reason="nobody ever opens") == "unenrolled"
    )
    assert leaving.wait_for_end(unenrollment)["devices"][0]["registration"] == "kept"
    assert leaving.get_capacity_in_use(program) == (0, 0, 0.0)


def test_an_operator_may_request_one_more_removal_visit(leaving: UnenrollmentClient, program: str) -> None:
    unenrollment = leaving.submit_accepted(leaving.enroll_lent(program), **AT_THE_END)
    order = leaving.wait_for_order(unenrollment)
    leaving.signal_completion(unenrollment, order, "customer_refused")
    leaving.wait_for_state(unenrollment, "needs_attention")
    assert leaving.post_accepted(unenrollment, "retry") == "removing"
    leaving.signal_completion(
        unenrollment, leaving.wait_for_order(unenrollment, state="rescheduled"), "completed_as_ordered"
    )
    seen = leaving.wait_for_end(unenrollment)
    assert (seen["state"], seen["devices"][0]["work_order"]) == ("unenrolled", order)


def test_an_unrequested_extra_visit_is_accepted(leaving: UnenrollmentClient, program: str) -> None:
    unenrollment = leaving.submit_accepted(leaving.enroll_lent(program), **AT_THE_END)
    for state in ("dispatched", "rescheduled", "rescheduled"):
        order = leaving.wait_for_order(unenrollment, state=state)
        leaving.signal_completion(unenrollment, order, "no_access")
    leaving.wait_for_state(unenrollment, "needs_attention")
    leaving.signal_completion(unenrollment, order, "completed_as_ordered")
    assert leaving.wait_for_end(unenrollment)["devices"][0]["ended"] == "removed"


def test_a_report_after_a_refused_visit_is_accepted_on_retry(leaving: UnenrollmentClient, program: str) -> None:
    unenrollment = leaving.submit_accepted(leaving.enroll_lent(program), **AT_THE_END)
    order = leaving.wait_for_order(unenrollment)
    leaving.signal_completion(unenrollment, order, "customer_refused")
    leaving.wait_for_state(unenrollment, "needs_attention")
    leaving.signal_completion(unenrollment, order, "completed_as_ordered")
    leaving.post_accepted(unenrollment, "retry")
    assert leaving.wait_for_end(unenrollment)["devices"][0]["ended"] == "removed"


def test_an_exhausted_order_is_retried(leaving: UnenrollmentClient, program: str) -> None:
    unenrollment = leaving.submit_accepted(leaving.enroll_lent(program), **AT_THE_END)
    for state in ("dispatched", "rescheduled", "rescheduled"):
        order = leaving.wait_for_order(unenrollment, state=state)
        leaving.signal_completion(unenrollment, order, "no_access")
    leaving.wait_for_state(unenrollment, "needs_attention")
    leaving.post_accepted(unenrollment, "retry")
    leaving.signal_completion(
        unenrollment, leaving.wait_for_order(unenrollment, state="rescheduled"), "completed_as_ordered"
    )
    assert leaving.wait_for_end(unenrollment)["devices"][0]["ended"] == "removed"


def test_control_stops_before_the_device_is_removed(doors: RunningStack, leaving: UnenrollmentClient) -> None:
    program = leaving.add_lending_program()
    enrollment = leaving.enroll_lent(program)
    unenrollment = leaving.submit_accepted(enrollment, **AT_ONCE)
    order = leaving.wait_for_order(unenrollment)
    doors.wait_for_sync_request(enrollment, "synchronized")
    seen = leaving.get(unenrollment)
    assert (seen["state"], seen["subscription_state"]) == ("removing", "ended")
    assert seen["devices"][0]["registration"] in ("removing", "deregistered")
    assert leaving.get_capacity_in_use(program) == (0, 0, 0.0)
    leaving.signal_completion(unenrollment, order, "completed_as_ordered")
    seen = leaving.wait_for_end(unenrollment)
    assert (seen["devices"][0]["registration"], len(seen["sync_requests"])) == ("removed", 1)


def test_a_failed_removal_restores_no_subscription(leaving: UnenrollmentClient, program: str) -> None:
    unenrollment = leaving.submit_accepted(leaving.enroll_lent(program), **AT_ONCE)
    leaving.signal_completion(unenrollment, leaving.wait_for_order(unenrollment), "customer_refused")
    seen = leaving.wait_for_state(unenrollment, "recovery_pending")
    assert seen["subscription_state"] == "ended"
    assert leaving.post(unenrollment, "cancel", reason="never mind").status_code == 409
    leaving.post_accepted(unenrollment, f"devices/{seen['devices'][0]['id']}/kept", reason="let them have it")
    assert leaving.wait_for_end(unenrollment)["devices"][0]["registration"] == "kept"


def test_several_devices_are_removed_in_parallel_and_synchronized_one_by_one(leaving: UnenrollmentClient) -> None:
    program = leaving.add_lending_program()
    enrollment = leaving.enroll_lent(program, devices=3)
    stays = {"device": leaving.list_device_ids(enrollment)[0], "removal_method": "keep"}
    fetched = [{"device": one} for one in leaving.list_device_ids(enrollment)[1:]]
    unenrollment = leaving.submit_accepted(enrollment, devices=[stays, *fetched], **AT_THE_END)
    first, second = leaving.wait_for_order(unenrollment, 1), leaving.wait_for_order(unenrollment, 2)
    assert leaving.get_capacity_in_use(program) == (1, 2, 7.0)
    assert leaving.get(unenrollment)["subscription_state"] == "ending"
    leaving.signal_completion(unenrollment, second, "completed_as_ordered")
    leaving.wait_for_order(unenrollment, 2, "completed")
    leaving.signal_completion(unenrollment, first, "completed_as_ordered")
    seen = leaving.wait_for_end(unenrollment)
    assert [one["registration"] for one in seen["devices"]] == ["kept", "removed", "removed"]
    assert {one["state"] for one in seen["sync_requests"]} <= {"synchronized", "discarded"}
    assert (leaving.get_capacity_in_use(program), seen["subscription_state"]) == ((0, 0, 0.0), "ended")


def test_a_timely_cancellation_restores_everything(leaving: UnenrollmentClient, program: str) -> None:
    enrollment = leaving.enroll_lent(program)
    unenrollment = leaving.submit_accepted(enrollment, **AT_THE_END)
    leaving.wait_for_order(unenrollment)
    assert leaving.post_accepted(unenrollment, "cancel", reason="they stay") == "cancelled"
    seen = leaving.wait_for_end(unenrollment)
    assert (seen["state"], seen["subscription_state"]) == ("cancelled", "active")
    assert (seen["devices"][0]["work_order_state"], seen["sync_requests"]) == ("cancelled", [])
    assert _device(leaving, enrollment)["controllable"]
    assert leaving.submit(enrollment).status_code == 202


def test_a_complete_unenrollment_cannot_be_cancelled(leaving: UnenrollmentClient, program: str) -> None:
    unenrollment = leaving.submit_accepted(leaving.enroll_lent(program), **AT_ONCE)
    leaving.wait_for_order(unenrollment)
    answer = leaving.post(unenrollment, "cancel", reason="they stay")
    assert (answer.status_code, answer.json()["type"].split("#")[1]) == (409, "already-left")


def test_no_visit_is_ordered_for_a_customer_owned_device_if_the_program_forbids_it(
    doors: RunningStack, leaving: UnenrollmentClient
) -> None:
    enrollment = doors.enroll()
    asked = [{"device": leaving.list_device_ids(enrollment)[0], "removal_method": "utility_removal"}]
    seen = leaving.wait_for_state(leaving.submit_accepted(enrollment, devices=asked), "rejected")
    failed = [one for one in seen["decision"]["findings"] if one["verdict"] == "failed"]
    assert [one["rule"] for one in failed] == ["removal_possible"]
    assert leaving.get_subscription(enrollment)["state"] == "active"


def test_a_return_shipment_is_awaited(leaving: UnenrollmentClient) -> None:
    program = leaving.add_lending_program(removal_method="ship_back")
    enrollment = leaving.enroll_lent(program)
    unenrollment = leaving.submit_accepted(enrollment, **AT_THE_END)
    device = leaving.wait_for_state(unenrollment, "removing")["devices"][0]["id"]
    assert leaving.post_accepted(unenrollment, f"devices/{device}/received") == "unenrolled"
    assert leaving.post_accepted(unenrollment, f"devices/{device}/received") == "unenrolled"
    seen = leaving.wait_for_end(unenrollment)
    assert (seen["devices"][0]["registration"], seen["subscription_state"]) == ("removed", "ended")


def test_only_a_return_shipment_can_be_received(leaving: UnenrollmentClient, program: str) -> None:
    unenrollment = leaving.submit_accepted(leaving.enroll_lent(program), **AT_THE_END)
    leaving.wait_for_order(unenrollment)
    device = leaving.get(unenrollment)["devices"][0]["id"]
    answer = leaving.post(unenrollment, f"devices/{device}/received")
    assert (answer.status_code, answer.json()["type"].split("#")[1]) == (409, "not-shipped")


def test_a_manually_signaled_receipt_is_accepted(leaving: UnenrollmentClient) -> None:
    unenrollment = leaving.submit_accepted(
        leaving.enroll_lent(leaving.add_lending_program(removal_method="ship_back")), **AT_THE_END
    )
    device = leaving.wait_for_state(unenrollment, "removing")["devices"][0]["id"]
    leaving.signal(unenrollment, "device_received", {"device_id": device})
    assert leaving.wait_for_end(unenrollment)["devices"][0]["ended"] == "removed"

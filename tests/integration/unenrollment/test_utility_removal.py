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
def unenrollments(stack: RunningStack) -> UnenrollmentClient:
    return UnenrollmentClient(stack)


def _device(unenrollments: UnenrollmentClient, enrollment: str) -> dict[str, Any]:
    return unenrollments.get_subscription(enrollment)["devices"][0]


def test_a_device_participates_until_its_removal(unenrollments: UnenrollmentClient, program: str) -> None:
    enrollment = unenrollments.enroll_lent(program)
    unenrollment = unenrollments.submit_accepted(enrollment, **AT_THE_END)
    unenrollments.wait_for_order(unenrollment)
    view = unenrollments.get(unenrollment)
    assert (view["state"], view["subscription_state"], view["sync_requests"]) == ("removing", "ending", [])
    assert _device(unenrollments, enrollment)["controllable"]


def test_a_removed_device_is_unenrolled_everywhere(
    stack: RunningStack, unenrollments: UnenrollmentClient, program: str
) -> None:
    enrollment = unenrollments.enroll_lent(program)
    unenrollment = unenrollments.submit_accepted(enrollment, **AT_THE_END)
    unenrollments.signal_completion(unenrollment, unenrollments.wait_for_order(unenrollment), "completed_as_ordered")
    view = unenrollments.wait_for_end(unenrollment)
    (device,) = view["devices"]
    assert (view["state"], view["subscription_state"]) == ("unenrolled", "ended")
    assert (device["ended"], device["registration"], device["work_order_state"]) == ("removed", "removed", "completed")
    assert stack.search_derms(device["serial_number"])[0]["state"] == "removed"
    assert stack.database.value("SELECT state FROM device WHERE id = $1", device["id"]) == "removed"
    hangs = "SELECT count(*) FROM device_installation WHERE device_id = $1 AND removed_at IS NULL"
    assert stack.database.value(hangs, device["id"]) == 0


def test_a_completion_report_ends_the_removal(
    stack: RunningStack, unenrollments: UnenrollmentClient, program: str
) -> None:
    unenrollment = unenrollments.submit_accepted(unenrollments.enroll_lent(program), **AT_THE_END)
    order = unenrollments.wait_for_order(unenrollment)
    (device,) = unenrollments.get(unenrollment)["devices"]
    removed = {"serial_number": device["serial_number"], "condition": "worn"}
    report = {
        "completion_id": stack.unique_name("C"),
        "outcome": "completed_as_ordered",
        "technician": "T. Echnician",
        "finished_at": "2026-07-01T10:00:00Z",
        "device_removed": removed,
    }
    for _ in range(2):
        stack.api.post(f"/v1/work-orders/{order}/completion", json=report).raise_for_status()
    assert unenrollments.wait_for_end(unenrollment)["devices"][0]["registration"] == "removed"


@pytest.mark.parametrize(
    "report", ["nonsense", {"completion_id": "x"}, {"work_order_id": "wo_x", "completion_id": "x"}]
)
def test_a_meaningless_report_changes_nothing(unenrollments: UnenrollmentClient, program: str, report: Any) -> None:
    unenrollment = unenrollments.submit_accepted(unenrollments.enroll_lent(program), **AT_THE_END)
    order = unenrollments.wait_for_order(unenrollment)
    unenrollments.signal(unenrollment, "site_visit_completed", report)
    unenrollments.signal_completion(unenrollment, order, "completed_as_ordered")
    assert unenrollments.wait_for_end(unenrollment)["devices"][0]["ended"] == "removed"


def test_an_unenrollment_is_not_cancelled_while_a_technician_is_on_site(
    stack: RunningStack, unenrollments: UnenrollmentClient, program: str
) -> None:
    unenrollment = unenrollments.submit_accepted(unenrollments.enroll_lent(program), **AT_THE_END)
    order = unenrollments.wait_for_order(unenrollment)
    stack.api.post(f"/v1/work-orders/{order}/progress", json={"step": "on_site"}).raise_for_status()
    (device,) = unenrollments.get(unenrollment)["devices"]
    for path in ("cancel", f"devices/{device['id']}/kept"):
        refused = unenrollments.post(unenrollment, path, reason="too late")
        assert (refused.status_code, refused.json()["type"].split("#")[1]) == (409, "visit-started")
    unenrollments.signal_completion(unenrollment, order, "completed_as_ordered")
    assert unenrollments.wait_for_end(unenrollment)["devices"][0]["ended"] == "removed"


def test_exhausted_removal_visits_are_parked_until_the_device_is_kept(unenrollments: UnenrollmentClient) -> None:
    program = unenrollments.add_lending_program()
    unenrollment = unenrollments.submit_accepted(unenrollments.enroll_lent(program), **AT_THE_END)
    for state in ("dispatched", "rescheduled", "rescheduled"):
        unenrollments.signal_completion(
            unenrollment, unenrollments.wait_for_order(unenrollment, state=state), "no_access"
        )
    view = unenrollments.wait_for_state(unenrollment, "needs_attention")
    (device,) = view["devices"]
    assert ("no_access" in device["needs_attention"], device["available_actions"]) == (True, ["kept"])
    assert unenrollments.get_capacity_in_use(program) == (1, 1, 3.5)
    assert (
        unenrollments.post_accepted(unenrollment, f"devices/{device['id']}/kept", reason="nobody ever opens")
        == "unenrolled"
    )
    assert unenrollments.wait_for_end(unenrollment)["devices"][0]["registration"] == "kept"
    assert unenrollments.get_capacity_in_use(program) == (0, 0, 0.0)


def test_an_operator_may_request_one_more_removal_visit(unenrollments: UnenrollmentClient, program: str) -> None:
    unenrollment = unenrollments.submit_accepted(unenrollments.enroll_lent(program), **AT_THE_END)
    order = unenrollments.wait_for_order(unenrollment)
    unenrollments.signal_completion(unenrollment, order, "customer_refused")
    unenrollments.wait_for_state(unenrollment, "needs_attention")
    assert unenrollments.post_accepted(unenrollment, "retry") == "removing"
    unenrollments.signal_completion(
        unenrollment, unenrollments.wait_for_order(unenrollment, state="rescheduled"), "completed_as_ordered"
    )
    view = unenrollments.wait_for_end(unenrollment)
    assert (view["state"], view["devices"][0]["work_order"]) == ("unenrolled", order)


def test_an_unrequested_extra_visit_is_accepted(unenrollments: UnenrollmentClient, program: str) -> None:
    unenrollment = unenrollments.submit_accepted(unenrollments.enroll_lent(program), **AT_THE_END)
    for state in ("dispatched", "rescheduled", "rescheduled"):
        order = unenrollments.wait_for_order(unenrollment, state=state)
        unenrollments.signal_completion(unenrollment, order, "no_access")
    unenrollments.wait_for_state(unenrollment, "needs_attention")
    unenrollments.signal_completion(unenrollment, order, "completed_as_ordered")
    assert unenrollments.wait_for_end(unenrollment)["devices"][0]["ended"] == "removed"


def test_a_report_after_a_refused_visit_is_accepted_on_retry(unenrollments: UnenrollmentClient, program: str) -> None:
    unenrollment = unenrollments.submit_accepted(unenrollments.enroll_lent(program), **AT_THE_END)
    order = unenrollments.wait_for_order(unenrollment)
    unenrollments.signal_completion(unenrollment, order, "customer_refused")
    unenrollments.wait_for_state(unenrollment, "needs_attention")
    unenrollments.signal_completion(unenrollment, order, "completed_as_ordered")
    unenrollments.post_accepted(unenrollment, "retry")
    assert unenrollments.wait_for_end(unenrollment)["devices"][0]["ended"] == "removed"


def test_an_exhausted_order_is_retried(unenrollments: UnenrollmentClient, program: str) -> None:
    unenrollment = unenrollments.submit_accepted(unenrollments.enroll_lent(program), **AT_THE_END)
    for state in ("dispatched", "rescheduled", "rescheduled"):
        order = unenrollments.wait_for_order(unenrollment, state=state)
        unenrollments.signal_completion(unenrollment, order, "no_access")
    unenrollments.wait_for_state(unenrollment, "needs_attention")
    unenrollments.post_accepted(unenrollment, "retry")
    unenrollments.signal_completion(
        unenrollment, unenrollments.wait_for_order(unenrollment, state="rescheduled"), "completed_as_ordered"
    )
    assert unenrollments.wait_for_end(unenrollment)["devices"][0]["ended"] == "removed"


def test_control_stops_before_the_device_is_removed(stack: RunningStack, unenrollments: UnenrollmentClient) -> None:
    program = unenrollments.add_lending_program()
    enrollment = unenrollments.enroll_lent(program)
    unenrollment = unenrollments.submit_accepted(enrollment, **AT_ONCE)
    order = unenrollments.wait_for_order(unenrollment)
    stack.wait_for_sync_request(enrollment, "synchronized")
    view = unenrollments.get(unenrollment)
    assert (view["state"], view["subscription_state"]) == ("removing", "ended")
    assert view["devices"][0]["registration"] in ("removing", "deregistered")
    assert unenrollments.get_capacity_in_use(program) == (0, 0, 0.0)
    unenrollments.signal_completion(unenrollment, order, "completed_as_ordered")
    view = unenrollments.wait_for_end(unenrollment)
    assert (view["devices"][0]["registration"], len(view["sync_requests"])) == ("removed", 1)


def test_a_failed_removal_restores_no_subscription(unenrollments: UnenrollmentClient, program: str) -> None:
    unenrollment = unenrollments.submit_accepted(unenrollments.enroll_lent(program), **AT_ONCE)
    unenrollments.signal_completion(unenrollment, unenrollments.wait_for_order(unenrollment), "customer_refused")
    view = unenrollments.wait_for_state(unenrollment, "recovery_pending")
    assert view["subscription_state"] == "ended"
    assert unenrollments.post(unenrollment, "cancel", reason="never mind").status_code == 409
    unenrollments.post_accepted(unenrollment, f"devices/{view['devices'][0]['id']}/kept", reason="let them have it")
    assert unenrollments.wait_for_end(unenrollment)["devices"][0]["registration"] == "kept"


def test_several_devices_are_removed_in_parallel_and_synchronized_one_by_one(unenrollments: UnenrollmentClient) -> None:
    program = unenrollments.add_lending_program()
    enrollment = unenrollments.enroll_lent(program, devices=3)
    stays = {"device": unenrollments.list_device_ids(enrollment)[0], "removal_method": "keep"}
    fetched = [{"device": one} for one in unenrollments.list_device_ids(enrollment)[1:]]
    unenrollment = unenrollments.submit_accepted(enrollment, devices=[stays, *fetched], **AT_THE_END)
    first, second = unenrollments.wait_for_order(unenrollment, 1), unenrollments.wait_for_order(unenrollment, 2)
    assert unenrollments.get_capacity_in_use(program) == (1, 2, 7.0)
    assert unenrollments.get(unenrollment)["subscription_state"] == "ending"
    unenrollments.signal_completion(unenrollment, second, "completed_as_ordered")
    unenrollments.wait_for_order(unenrollment, 2, "completed")
    unenrollments.signal_completion(unenrollment, first, "completed_as_ordered")
    view = unenrollments.wait_for_end(unenrollment)
    assert [one["registration"] for one in view["devices"]] == ["kept", "removed", "removed"]
    assert {one["state"] for one in view["sync_requests"]} <= {"synchronized", "discarded"}
    assert (unenrollments.get_capacity_in_use(program), view["subscription_state"]) == ((0, 0, 0.0), "ended")


def test_a_timely_cancellation_restores_everything(unenrollments: UnenrollmentClient, program: str) -> None:
    enrollment = unenrollments.enroll_lent(program)
    unenrollment = unenrollments.submit_accepted(enrollment, **AT_THE_END)
    unenrollments.wait_for_order(unenrollment)
    assert unenrollments.post_accepted(unenrollment, "cancel", reason="they stay") == "cancelled"
    view = unenrollments.wait_for_end(unenrollment)
    assert (view["state"], view["subscription_state"]) == ("cancelled", "active")
    assert (view["devices"][0]["work_order_state"], view["sync_requests"]) == ("cancelled", [])
    assert _device(unenrollments, enrollment)["controllable"]
    assert unenrollments.submit(enrollment).status_code == 202


def test_a_complete_unenrollment_cannot_be_cancelled(unenrollments: UnenrollmentClient, program: str) -> None:
    unenrollment = unenrollments.submit_accepted(unenrollments.enroll_lent(program), **AT_ONCE)
    unenrollments.wait_for_order(unenrollment)
    response = unenrollments.post(unenrollment, "cancel", reason="they stay")
    assert (response.status_code, response.json()["type"].split("#")[1]) == (409, "already-left")


def test_no_visit_is_ordered_for_a_customer_owned_device_if_the_program_forbids_it(
    stack: RunningStack, unenrollments: UnenrollmentClient
) -> None:
    enrollment = stack.enroll()
    asked = [{"device": unenrollments.list_device_ids(enrollment)[0], "removal_method": "utility_removal"}]
    view = unenrollments.wait_for_state(unenrollments.submit_accepted(enrollment, devices=asked), "rejected")
    failed = [one for one in view["decision"]["findings"] if one["verdict"] == "failed"]
    assert [one["rule"] for one in failed] == ["removal_possible"]
    assert unenrollments.get_subscription(enrollment)["state"] == "active"


def test_a_return_shipment_is_awaited(unenrollments: UnenrollmentClient) -> None:
    program = unenrollments.add_lending_program(removal_method="ship_back")
    enrollment = unenrollments.enroll_lent(program)
    unenrollment = unenrollments.submit_accepted(enrollment, **AT_THE_END)
    device = unenrollments.wait_for_state(unenrollment, "removing")["devices"][0]["id"]
    assert unenrollments.post_accepted(unenrollment, f"devices/{device}/received") == "unenrolled"
    assert unenrollments.post_accepted(unenrollment, f"devices/{device}/received") == "unenrolled"
    view = unenrollments.wait_for_end(unenrollment)
    assert (view["devices"][0]["registration"], view["subscription_state"]) == ("removed", "ended")


def test_only_a_return_shipment_can_be_received(unenrollments: UnenrollmentClient, program: str) -> None:
    unenrollment = unenrollments.submit_accepted(unenrollments.enroll_lent(program), **AT_THE_END)
    unenrollments.wait_for_order(unenrollment)
    device = unenrollments.get(unenrollment)["devices"][0]["id"]
    response = unenrollments.post(unenrollment, f"devices/{device}/received")
    assert (response.status_code, response.json()["type"].split("#")[1]) == (409, "not-shipped")


def test_a_manually_signaled_receipt_is_accepted(unenrollments: UnenrollmentClient) -> None:
    unenrollment = unenrollments.submit_accepted(
        unenrollments.enroll_lent(unenrollments.add_lending_program(removal_method="ship_back")), **AT_THE_END
    )
    device = unenrollments.wait_for_state(unenrollment, "removing")["devices"][0]["id"]
    unenrollments.signal(unenrollment, "device_received", {"device_id": device})
    assert unenrollments.wait_for_end(unenrollment)["devices"][0]["ended"] == "removed"

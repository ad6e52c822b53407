"""However a visit ends, the enrollment continues or ends as docs/domain.md#field-work says, and releases what it
reserved."""

from decimal import Decimal

import pytest

from tests.integration.clients.installations import InstallationClient
from tests.integration.clients.running_stack import RunningStack


@pytest.fixture
def field(doors: RunningStack) -> InstallationClient:
    return InstallationClient(doors)


@pytest.mark.parametrize("outcome", ["no_access", "parts_missing"])
def test_a_failed_visit_is_followed_by_another(field: InstallationClient, outcome: str) -> None:
    enrollment, order = field.enroll_with_order()
    field.post_accepted_completion(order, outcome)
    again = field.wait_for_order(enrollment, "rescheduled")
    assert (again["id"], again["attempt"], again["appointment_start"]) == (order, 2, None)
    field.post_accepted_completion(order)
    field.stack.wait_for_sync_request(enrollment, "synchronized")


def test_exhausted_attempts_are_parked_until_one_more_is_requested(field: InstallationClient) -> None:
    enrollment, order = field.enroll_with_order(program=field.add_program(attempts=1))
    field.post_accepted_completion(order, "no_access")
    assert "attempts are used up" in field.stack.wait_for_enrollment(enrollment, "needs_attention")["reason"]
    field.stack.api.post(f"/v1/program-enrollments/{enrollment}/retry").raise_for_status()
    assert field.wait_for_order(enrollment, "rescheduled")["attempt"] == 2
    field.post_accepted_completion(order)
    field.stack.wait_for_sync_request(enrollment, "synchronized")


def test_an_enrollment_with_exhausted_attempts_can_be_cancelled(field: InstallationClient) -> None:
    program = field.add_program(attempts=1)
    enrollment, order = field.enroll_with_order(program=program)
    field.post_accepted_completion(order, "no_access")
    field.stack.wait_for_enrollment(enrollment, "needs_attention")
    field.stack.api.post(f"/v1/program-enrollments/{enrollment}/cancel", json={"reason": "moved"}).raise_for_status()
    assert field.wait_for_workflow_end(enrollment)["state"] == "cancelled"
    assert field.get_capacity_in_use(program) == (0, 0, 0)


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        ("customer_refused", "The customer refused the installation."),
        ("not_installable", "The device cannot be installed there safely."),
    ],
)
def test_an_impossible_installation_is_cancelled_and_releases_capacity(
    field: InstallationClient, outcome: str, reason: str
) -> None:
    program = field.add_program(capacity={"customers": 1, "waitlist": True})
    enrollment, order = field.enroll_with_order(program=program)
    waiting = field.stack.submit_accepted(field.build_application(program=program))
    field.stack.wait_for_enrollment(waiting, "waitlisted")
    field.post_accepted_completion(order, outcome)
    ended = field.wait_for_workflow_end(enrollment)
    assert (ended["state"], ended["reason"], ended["subscription"]["state"]) == ("cancelled", reason, "cancelled")
    field.stack.wait_for_enrollment(waiting, "awaiting_site_visit")
    assert field.get_capacity_in_use(program) == (1, 1, Decimal("4.5"))


def test_a_serial_number_of_another_device_is_refused_on_site(field: InstallationClient) -> None:
    first, order = field.enroll_with_order()
    taken = field.post_accepted_completion(order)["device_installed"]
    field.stack.wait_for_enrollment(first, "enrolled")
    second, order = field.enroll_with_order()
    answer = field.post(order, "completion", **field.build_completion(device_installed=taken))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/device_installed/serial_number"
    assert not field.get_order(order)["completions"]
    field.post_accepted_completion(order)
    field.stack.wait_for_enrollment(second, "enrolled")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"specification": "aquanta-controller"}, "/device_installed/specification"),
        ({"specification": "no-such-thing"}, "/device_installed/specification"),
        ({"device_location_type": None}, "/device_installed/device_location_type"),
        ({"device_location_type": "main-living-area"}, "/device_installed/device_location_type"),
    ],
)
def test_an_ineligible_device_is_refused_on_site(
    field: InstallationClient, changes: dict[str, str | None], pointer: str
) -> None:
    _, order = field.enroll_with_order()
    device = {**field.build_completion()["device_installed"], **changes}
    answer = field.post(order, "completion", **field.build_completion(device_installed=device))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


def test_an_outcome_of_another_order_kind_is_refused(field: InstallationClient) -> None:
    _, order = field.enroll_with_order()
    assert field.post(order, "completion", **field.build_completion("no_fault_found")).status_code == 422


def test_a_future_visit_cannot_be_reported(field: InstallationClient) -> None:
    _, order = field.enroll_with_order()
    answer = field.post(order, "completion", **field.build_completion(finished_at="2199-01-01T00:00:00Z"))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/finished_at")


def test_a_serial_number_enrolled_after_the_report_sends_the_order_back(field: InstallationClient) -> None:
    (enrollment, loser), (winner, _) = field.report_one_device_twice()
    field.stack.wait_for_enrollment(winner, "enrolled")
    assert field.get_order(loser)["next_step"].startswith("The report could not be used")
    field.post_accepted_completion(loser)
    field.stack.wait_for_enrollment(enrollment, "enrolled")

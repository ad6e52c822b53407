"""However a visit ends, the enrollment continues or ends as docs/domain.md#field-work says, and releases what it
reserved."""

from decimal import Decimal

import pytest

from tests.integration.clients.installations import InstallationClient
from tests.integration.clients.running_stack import RunningStack


@pytest.fixture
def installations(stack: RunningStack) -> InstallationClient:
    return InstallationClient(stack)


@pytest.mark.parametrize("outcome", ["no_access", "parts_missing"])
def test_a_failed_visit_is_followed_by_another(installations: InstallationClient, outcome: str) -> None:
    enrollment, order = installations.enroll_with_order()
    installations.post_accepted_completion(order, outcome)
    again = installations.wait_for_order(enrollment, "rescheduled")
    assert (again["id"], again["attempt"], again["appointment_start"]) == (order, 2, None)
    installations.post_accepted_completion(order)
    installations.stack.wait_for_sync_request(enrollment, "synchronized")


def test_exhausted_attempts_are_parked_until_one_more_is_requested(installations: InstallationClient) -> None:
    enrollment, order = installations.enroll_with_order(program=installations.add_program(attempts=1))
    installations.post_accepted_completion(order, "no_access")
    assert "attempts are used up" in installations.stack.wait_for_enrollment(enrollment, "needs_attention")["reason"]
    installations.stack.api.post(f"/v1/program-enrollments/{enrollment}/retry").raise_for_status()
    assert installations.wait_for_order(enrollment, "rescheduled")["attempt"] == 2
    installations.post_accepted_completion(order)
    installations.stack.wait_for_sync_request(enrollment, "synchronized")


def test_an_enrollment_with_exhausted_attempts_can_be_cancelled(installations: InstallationClient) -> None:
    program = installations.add_program(attempts=1)
    enrollment, order = installations.enroll_with_order(program=program)
    installations.post_accepted_completion(order, "no_access")
    installations.stack.wait_for_enrollment(enrollment, "needs_attention")
    installations.stack.api.post(
        f"/v1/program-enrollments/{enrollment}/cancel", json={"reason": "moved"}
    ).raise_for_status()
    assert installations.wait_for_workflow_end(enrollment)["state"] == "cancelled"
    assert installations.get_capacity_in_use(program) == (0, 0, 0)


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        ("customer_refused", "The customer refused the installation."),
        ("not_installable", "The device cannot be installed there safely."),
    ],
)
def test_an_impossible_installation_is_cancelled_and_releases_capacity(
    installations: InstallationClient, outcome: str, reason: str
) -> None:
    program = installations.add_program(capacity={"customers": 1, "waitlist": True})
    enrollment, order = installations.enroll_with_order(program=program)
    waiting = installations.stack.submit_accepted(installations.build_application(program=program))
    installations.stack.wait_for_enrollment(waiting, "waitlisted")
    installations.post_accepted_completion(order, outcome)
    ended = installations.wait_for_workflow_end(enrollment)
    assert (ended["state"], ended["reason"], ended["subscription"]["state"]) == ("cancelled", reason, "cancelled")
    installations.stack.wait_for_enrollment(waiting, "awaiting_site_visit")
    assert installations.get_capacity_in_use(program) == (1, 1, Decimal("4.5"))


def test_a_serial_number_of_another_device_is_refused_on_site(installations: InstallationClient) -> None:
    first, order = installations.enroll_with_order()
    taken = installations.post_accepted_completion(order)["device_installed"]
    installations.stack.wait_for_enrollment(first, "enrolled")
    second, order = installations.enroll_with_order()
    response = installations.post(order, "completion", **installations.build_completion(device_installed=taken))
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/device_installed/serial_number"
    assert not installations.get_order(order)["completions"]
    installations.post_accepted_completion(order)
    installations.stack.wait_for_enrollment(second, "enrolled")


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
    installations: InstallationClient, changes: dict[str, str | None], pointer: str
) -> None:
    _, order = installations.enroll_with_order()
    device = {**installations.build_completion()["device_installed"], **changes}
    response = installations.post(order, "completion", **installations.build_completion(device_installed=device))
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, pointer)


def test_an_outcome_of_another_order_kind_is_refused(installations: InstallationClient) -> None:
    _, order = installations.enroll_with_order()
    assert (
        installations.post(order, "completion", **installations.build_completion("no_fault_found")).status_code == 422
    )


def test_a_future_visit_cannot_be_reported(installations: InstallationClient) -> None:
    _, order = installations.enroll_with_order()
    response = installations.post(
        order, "completion", **installations.build_completion(finished_at="2199-01-01T00:00:00Z")
    )
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/finished_at")


def test_a_serial_number_enrolled_after_the_report_sends_the_order_back(installations: InstallationClient) -> None:
    (enrollment, loser), (winner, _) = installations.report_one_device_twice()
    installations.stack.wait_for_enrollment(winner, "enrolled")
    assert installations.get_order(loser)["next_step"].startswith("The report could not be used")
    installations.post_accepted_completion(loser)
    installations.stack.wait_for_enrollment(enrollment, "enrolled")

"""Unenrollments that wait: for approval, for their effective date, for an unfinished enrollment.

See docs/domain.md#unenroll.
"""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.integration.clients.running_stack import RunningStack
from tests.integration.clients.unenrollments import UnenrollmentClient
from tests.waiting import wait_for

SOON = (date.today() + timedelta(days=3)).isoformat()  # noqa: DTZ011 - days ahead of every premise's today
NEEDS_APPROVAL = {"reason": "non_participation"}


@pytest.fixture
def unenrollments(stack: RunningStack) -> UnenrollmentClient:
    return UnenrollmentClient(stack)


def _failed(view: dict[str, Any]) -> set[str]:
    return {one["rule"] for one in view["decision"]["findings"] if one["verdict"] == "failed"}


def test_nothing_changes_until_it_is_approved(stack: RunningStack, unenrollments: UnenrollmentClient) -> None:
    enrollment = stack.enroll()
    unenrollment = unenrollments.submit_accepted(enrollment, **NEEDS_APPROVAL)
    view = unenrollments.wait_for_state(unenrollment, "awaiting_approval")
    assert (view["subscription_state"], view["available_actions"]) == ("active", ["approval", "cancel"])
    assert unenrollments.post_accepted(unenrollment, "approval", approved=True, reason="tampered with") == "unenrolled"
    assert unenrollments.wait_for_end(unenrollment)["devices"][0]["registration"] == "kept"


def test_a_rejected_approval_keeps_the_customer(stack: RunningStack, unenrollments: UnenrollmentClient) -> None:
    enrollment = stack.enroll()
    unenrollment = unenrollments.submit_accepted(enrollment, **NEEDS_APPROVAL)
    unenrollments.wait_for_state(unenrollment, "awaiting_approval")
    assert (
        unenrollments.post_accepted(unenrollment, "approval", approved=False, reason="the meter was at fault")
        == "rejected"
    )
    view = unenrollments.wait_for_end(unenrollment)
    assert (view["reason"], view["subscription_state"]) == ("the meter was at fault", "active")


def test_an_unenrollment_is_approved_once(stack: RunningStack, unenrollments: UnenrollmentClient) -> None:
    unenrollment = unenrollments.submit_accepted(stack.enroll(), **NEEDS_APPROVAL)
    unenrollments.wait_for_state(unenrollment, "awaiting_approval")
    unenrollments.post_accepted(unenrollment, "approval", approved=True, reason="yes")
    assert unenrollments.post(unenrollment, "approval", approved=False, reason="no").status_code == 409


def test_an_approval_can_be_signaled_manually(stack: RunningStack, unenrollments: UnenrollmentClient) -> None:
    unenrollment = unenrollments.submit_accepted(stack.enroll(), **NEEDS_APPROVAL)
    unenrollments.wait_for_state(unenrollment, "awaiting_approval")
    unenrollments.signal(unenrollment, "approval_decided", {"approved": True, "reason": "by hand"})
    assert unenrollments.wait_for_end(unenrollment)["state"] == "unenrolled"


@pytest.mark.parametrize(
    ("day", "midnight"),
    [
        ("2031-07-01", "2031-07-01T06:00:00Z"),
        ("2031-03-09", "2031-03-09T07:00:00Z"),  # the clocks go forward on this day
        ("2031-03-10", "2031-03-10T06:00:00Z"),
        ("2031-11-02", "2031-11-02T06:00:00Z"),  # and back on this one
        ("2031-11-03", "2031-11-03T07:00:00Z"),
    ],
)
def test_the_effective_date_begins_at_the_premises_midnight(
    stack: RunningStack, unenrollments: UnenrollmentClient, day: str, midnight: str
) -> None:
    customer = stack.customers.take(time_zone="America/Denver")
    enrollment = stack.submit_accepted(stack.build_application(customer))
    stack.wait_for_sync_request(enrollment, "synchronized")
    unenrollment = unenrollments.submit_accepted(enrollment, effective_date=day)
    view = unenrollments.wait_for_state(unenrollment, "scheduled")
    assert (view["effective_at"], view["subscription_state"]) == (midnight, "ending")
    assert unenrollments.get_subscription(enrollment)["devices"][0]["controllable"]


def test_a_cancellation_before_the_effective_date_restores_everything(
    stack: RunningStack, unenrollments: UnenrollmentClient
) -> None:
    enrollment = stack.enroll()
    unenrollment = unenrollments.submit_accepted(enrollment, effective_date=SOON)
    unenrollments.wait_for_state(unenrollment, "scheduled")
    assert unenrollments.post_accepted(unenrollment, "cancel", reason="they stay") == "cancelled"
    assert unenrollments.post_accepted(unenrollment, "cancel", reason="they stay") == "cancelled"
    assert unenrollments.wait_for_end(unenrollment)["subscription_state"] == "active"


def test_a_temporal_cancellation_cancels_the_unenrollment(
    stack: RunningStack, unenrollments: UnenrollmentClient
) -> None:
    unenrollment = unenrollments.submit_accepted(stack.enroll(), effective_date=SOON)
    unenrollments.wait_for_state(unenrollment, "scheduled")
    unenrollments.signal(unenrollment, "cancel_requested", {"reason": "by hand"})
    view = unenrollments.wait_for_end(unenrollment)
    assert (view["state"], view["reason"], view["subscription_state"]) == ("cancelled", "by hand", "active")


def test_a_subscription_has_one_open_unenrollment(stack: RunningStack, unenrollments: UnenrollmentClient) -> None:
    enrollment = stack.enroll()
    first = unenrollments.submit_accepted(enrollment, effective_date=SOON)
    response = unenrollments.submit(enrollment)
    assert (response.status_code, response.json()["type"].split("#")[1]) == (409, "unenrollment-open")
    assert first in response.json()["detail"]


def test_a_past_date_is_refused(stack: RunningStack, unenrollments: UnenrollmentClient) -> None:
    view = unenrollments.wait_for_state(
        unenrollments.submit_accepted(stack.enroll(), effective_date="2026-01-01"), "rejected"
    )
    assert _failed(view) == {"effective_date"}


@pytest.mark.parametrize(("reason", "state"), [("customer_opt_out", "rejected"), ("life_support", "unenrolled")])
def test_the_minimum_term_applies_unless_the_reason_overrides_it(
    stack: RunningStack, unenrollments: UnenrollmentClient, reason: str, state: str
) -> None:
    program = stack.unique_name("TERM")
    stack.add_program(program, subscription_type="one-year-term")
    enrollment = unenrollments.enroll(program)
    view = unenrollments.wait_for_state(unenrollments.submit_accepted(enrollment, reason=reason), state)
    assert _failed(view) == ({"minimum_term"} if state == "rejected" else set())


def test_a_minimum_term_may_only_warn(stack: RunningStack, unenrollments: UnenrollmentClient) -> None:
    catalog, program = stack.get_catalog(), stack.unique_name("TERM")
    kind = {"code": program, "description": "A year", "minimum_term_days": 365, "minimum_term": "warn"}
    catalog["subscription_types"].append(kind)
    stack.api.put("/v1/catalog", json=catalog).raise_for_status()
    stack.add_program(program, subscription_type=program)
    view = unenrollments.unenroll(unenrollments.enroll(program), reason="customer_opt_out")
    said = {one["rule"]: one["verdict"] for one in view["decision"]["findings"]}
    assert (view["state"], said["minimum_term"]) == ("unenrolled", "warned")


def test_the_reason_is_required_and_must_be_known(stack: RunningStack, unenrollments: UnenrollmentClient) -> None:
    enrollment = stack.enroll()
    for reason in (None, "boredom"):
        view = unenrollments.wait_for_state(unenrollments.submit_accepted(enrollment, reason=reason), "rejected")
        assert _failed(view) == {"reason_given"}


def test_a_pending_enrollment_message_is_sent_first(stack: RunningStack, unenrollments: UnenrollmentClient) -> None:
    stack.set_derms_faults(acknowledge_after_seconds=1.5)
    enrollment = stack.submit_accepted(stack.build_application())
    stack.wait_for_sync_request(enrollment, "awaiting_acknowledgement")
    unenrollment = unenrollments.submit_accepted(enrollment)
    view = unenrollments.wait_for_end(unenrollment)
    assert (view["state"], view["devices"][0]["registration"]) == ("unenrolled", "kept")
    sync_requests = stack.get_enrollment(enrollment)["sync_requests"]
    assert [(one["kind"], one["state"]) for one in sync_requests] == [
        ("enroll", "synchronized"),
        ("unenroll", "synchronized"),
    ]
    assert stack.search_derms(view["devices"][0]["serial_number"])[0]["state"] == "removed"


def test_an_enrollment_unknown_to_the_derms_sends_nothing(
    stack: RunningStack, unenrollments: UnenrollmentClient
) -> None:
    program = stack.unique_name("HELD")
    stack.add_program(program, sync_policy="batched")
    enrollment = stack.submit_accepted(stack.build_application(program=program))
    stack.wait_for_enrollment(enrollment, "enrolled")
    view = unenrollments.unenroll(enrollment)
    assert (view["state"], view["devices"][0]["registration"]) == ("unenrolled", "kept")
    assert {one["state"] for one in stack.get_enrollment(enrollment)["sync_requests"]} == {"discarded"}
    assert stack.search_derms(view["devices"][0]["serial_number"]) == []


def test_an_unenrollment_without_a_subscription_is_refused(stack: RunningStack) -> None:
    request = {"subscription": "PS-NOBODY", "reason": "move_out"}
    response = stack.api.post("/v1/program-unenrollments", json=request)
    assert (response.status_code, response.json()["type"].split("#")[1]) == (422, "unknown-reference")


def test_unenrollments_awaiting_approval_are_found(stack: RunningStack, unenrollments: UnenrollmentClient) -> None:
    unenrollment = unenrollments.submit_accepted(stack.enroll(), **NEEDS_APPROVAL)
    unenrollments.wait_for_state(unenrollment, "awaiting_approval")
    found = stack.api.get("/v1/program-unenrollments", params={"state": "awaiting_approval"}).json()["items"]
    assert unenrollment in {one["id"] for one in found}
    wait_for(lambda: unenrollments.describe_workflow(unenrollment).typed_search_attributes.search_attributes)

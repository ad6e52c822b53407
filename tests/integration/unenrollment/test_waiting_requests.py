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
def leaving(doors: RunningStack) -> UnenrollmentClient:
    return UnenrollmentClient(doors)


def _failed(seen: dict[str, Any]) -> set[str]:
    return {one["rule"] for one in seen["decision"]["findings"] if one["verdict"] == "failed"}


def test_nothing_changes_until_it_is_approved(doors: RunningStack, leaving: UnenrollmentClient) -> None:
    enrollment = doors.enroll()
    unenrollment = leaving.submit_accepted(enrollment, **NEEDS_APPROVAL)
    seen = leaving.wait_for_state(unenrollment, "awaiting_approval")
    assert (seen["subscription_state"], seen["available_actions"]) == ("active", ["approval", "cancel"])
    assert leaving.post_accepted(unenrollment, "approval", approved=True, reason="tampered with") == "unenrolled"
    assert leaving.wait_for_end(unenrollment)["devices"][0]["registration"] == "kept"


def test_a_rejected_approval_keeps_the_customer(doors: RunningStack, leaving: UnenrollmentClient) -> None:
    enrollment = doors.enroll()
    unenrollment = leaving.submit_accepted(enrollment, **NEEDS_APPROVAL)
    leaving.wait_for_state(unenrollment, "awaiting_approval")
    assert (
        leaving.post_accepted(unenrollment, "approval", approved=False, reason="the meter was at fault") == "rejected"
    )
    seen = leaving.wait_for_end(unenrollment)
    assert (seen["reason"], seen["subscription_state"]) == ("the meter was at fault", "active")


def test_an_unenrollment_is_approved_once(doors: RunningStack, leaving: UnenrollmentClient) -> None:
    unenrollment = leaving.submit_accepted(doors.enroll(), **NEEDS_APPROVAL)
    leaving.wait_for_state(unenrollment, "awaiting_approval")
    leaving.post_accepted(unenrollment, "approval", approved=True, reason="yes")
    assert leaving.post(unenrollment, "approval", approved=False, reason="no").status_code == 409


def test_an_approval_can_be_signaled_manually(doors: RunningStack, leaving: UnenrollmentClient) -> None:
    unenrollment = leaving.submit_accepted(doors.enroll(), **NEEDS_APPROVAL)
    leaving.wait_for_state(unenrollment, "awaiting_approval")
    leaving.signal(unenrollment, "approval_decided", {"approved": True, "reason": "by hand"})
    assert leaving.wait_for_end(unenrollment)["state"] == "unenrolled"


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
    doors: RunningStack, leaving: UnenrollmentClient, day: str, midnight: str
) -> None:
    who = doors.customers.take(time_zone="America/Denver")
    enrollment = doors.submit_accepted(doors.build_application(who))
    doors.wait_for_sync_request(enrollment, "synchronized")
    unenrollment = leaving.submit_accepted(enrollment, effective_date=day)
    seen = leaving.wait_for_state(unenrollment, "scheduled")
    assert (seen["effective_at"], seen["subscription_state"]) == (midnight, "ending")
    assert leaving.get_subscription(enrollment)["devices"][0]["controllable"]


def test_a_cancellation_before_the_effective_date_restores_everything(
    doors: RunningStack, leaving: UnenrollmentClient
) -> None:
    enrollment = doors.enroll()
    unenrollment = leaving.submit_accepted(enrollment, effective_date=SOON)
    leaving.wait_for_state(unenrollment, "scheduled")
    assert leaving.post_accepted(unenrollment, "cancel", reason="they stay") == "cancelled"
    assert leaving.post_accepted(unenrollment, "cancel", reason="they stay") == "cancelled"
    assert leaving.wait_for_end(unenrollment)["subscription_state"] == "active"


def test_a_temporal_cancellation_cancels_the_unenrollment(doors: RunningStack, leaving: UnenrollmentClient) -> None:
    unenrollment = leaving.submit_accepted(doors.enroll(), effective_date=SOON)
    leaving.wait_for_state(unenrollment, "scheduled")
    leaving.signal(unenrollment, "cancel_requested", {"reason": "by hand"})
    seen = leaving.wait_for_end(unenrollment)
    assert (seen["state"], seen["reason"], seen["subscription_state"]) == ("cancelled", "by hand", "active")


def test_a_subscription_has_one_open_unenrollment(doors: RunningStack, leaving: UnenrollmentClient) -> None:
    enrollment = doors.enroll()
    first = leaving.submit_accepted(enrollment, effective_date=SOON)
    answer = leaving.submit(enrollment)
    assert (answer.status_code, answer.json()["type"].split("#")[1]) == (409, "unenrollment-open")
    assert first in answer.json()["detail"]


def test_a_past_date_is_refused(doors: RunningStack, leaving: UnenrollmentClient) -> None:
    seen = leaving.wait_for_state(leaving.submit_accepted(doors.enroll(), effective_date="2026-01-01"), "rejected")
    assert _failed(seen) == {"effective_date"}


@pytest.mark.parametrize(("reason", "state"), [("customer_opt_out", "rejected"), ("life_support", "unenrolled")])
def test_the_minimum_term_applies_unless_the_reason_overrides_it(
    doors: RunningStack, leaving: UnenrollmentClient, reason: str, state: str
) -> None:
    program = doors.unique_name("TERM")
    doors.add_program(program, subscription_type="one-year-term")
    enrollment = leaving.enroll(program)
    seen = leaving.wait_for_state(leaving.submit_accepted(enrollment, reason=reason), state)
    assert _failed(seen) == ({"minimum_term"} if state == "rejected" else set())


def test_a_minimum_term_may_only_warn(doors: RunningStack, leaving: UnenrollmentClient) -> None:
    catalog, program = doors.get_catalog(), doors.unique_name("TERM")
    kind = {"code": program, "description": "A year", "minimum_term_days": 365, "minimum_term": "warn"}
    catalog["subscription_types"].append(kind)
    doors.api.put("/v1/catalog", json=catalog).raise_for_status()
    doors.add_program(program, subscription_type=program)
    seen = leaving.unenroll(leaving.enroll(program), reason="customer_opt_out")
    said = {one["rule"]: one["verdict"] for one in seen["decision"]["findings"]}
    assert (seen["state"], said["minimum_term"]) == ("unenrolled", "warned")


def test_the_reason_is_required_and_must_be_known(doors: RunningStack, leaving: UnenrollmentClient) -> None:
    enrollment = doors.enroll()
    for reason in (None, "boredom"):
        seen = leaving.wait_for_state(leaving.submit_accepted(enrollment, reason=reason), "rejected")
        assert _failed(seen) == {"reason_given"}


def test_a_pending_enrollment_message_is_sent_first(doors: RunningStack, leaving: UnenrollmentClient) -> None:
    doors.set_derms_faults(acknowledge_after_seconds=1.5)
    enrollment = doors.submit_accepted(doors.build_application())
    doors.wait_for_sync_request(enrollment, "awaiting_acknowledgement")
    unenrollment = leaving.submit_accepted(enrollment)
    seen = leaving.wait_for_end(unenrollment)
    assert (seen["state"], seen["devices"][0]["registration"]) == ("unenrolled", "kept")
    told = doors.get_enrollment(enrollment)["sync_requests"]
    assert [(one["kind"], one["state"]) for one in told] == [("enroll", "synchronized"), ("unenroll", "synchronized")]
    assert doors.search_derms(seen["devices"][0]["serial_number"])[0]["state"] == "removed"


def test_an_enrollment_unknown_to_the_derms_sends_nothing(doors: RunningStack, leaving: UnenrollmentClient) -> None:
    program = doors.unique_name("HELD")
    doors.add_program(program, sync_policy="batched")
    enrollment = doors.submit_accepted(doors.build_application(program=program))
    doors.wait_for_enrollment(enrollment, "enrolled")
    seen = leaving.unenroll(enrollment)
    assert (seen["state"], seen["devices"][0]["registration"]) == ("unenrolled", "kept")
    assert {one["state"] for one in doors.get_enrollment(enrollment)["sync_requests"]} == {"discarded"}
    assert doors.search_derms(seen["devices"][0]["serial_number"]) == []


def test_an_unenrollment_without_a_subscription_is_refused(doors: RunningStack) -> None:
    request = {"subscription": "PS-NOBODY", "reason": "move_out"}
    answer = doors.api.post("/v1/program-unenrollments", json=request)
    assert (answer.status_code, answer.json()["type"].split("#")[1]) == (422, "unknown-reference")


def test_unenrollments_awaiting_approval_are_found(doors: RunningStack, leaving: UnenrollmentClient) -> None:
    unenrollment = leaving.submit_accepted(doors.enroll(), **NEEDS_APPROVAL)
    leaving.wait_for_state(unenrollment, "awaiting_approval")
    found = doors.api.get("/v1/program-unenrollments", params={"state": "awaiting_approval"}).json()["items"]
    assert unenrollment in {one["id"] for one in found}
    wait_for(lambda: leaving.describe_workflow(unenrollment).typed_search_attributes.search_attributes)

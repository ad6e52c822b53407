"""Changes while a request is open: the rules of its submission apply, with today's capacity.

See docs/domain.md#edge-cases.
"""

from typing import Any

import pytest

from tests.integration.clients.installations import InstallationClient
from tests.integration.clients.running_stack import RunningStack
from tests.integration.clients.unenrollments import UnenrollmentClient

WAITLIST = {"customers": 0, "waitlist": True}


def _change(stack: RunningStack, program: str, **changes: Any) -> None:
    catalog = stack.get_catalog()
    next(one for one in catalog["programs"] if one["code"] == program).update(changes)
    stack.api.put("/v1/catalog", json=catalog).raise_for_status()


CHANGES: dict[str, dict[str, Any]] = {
    "closed": {"active": False},
    "window over": {"enrollment_window": {"closes": "2026-01-01"}},
    "another rule": {"eligibility": [{"rule": "customer_class", "classes": ["large_commercial"]}]},
    "other terms": {"terms": {"version": "2027-01", "url": "https://example.com/terms/2027-01"}},
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_waitlisted_request_is_decided_by_the_rules_at_its_submission(stack: RunningStack, change: str) -> None:
    program = stack.unique_name("LINE")
    stack.add_program(program, capacity=WAITLIST)
    enrollment = stack.submit_accepted(stack.build_application(program=program))
    stack.wait_for_enrollment(enrollment, "waitlisted")
    _change(stack, program, capacity={**WAITLIST, "customers": 1}, **CHANGES[change])
    stack.wait_for_sync_request(enrollment, "synchronized")


def test_a_request_waiting_for_a_visit_is_decided_by_the_rules_at_its_submission(stack: RunningStack) -> None:
    installations = InstallationClient(stack)
    program = installations.add_program()
    enrollment, order = installations.enroll_with_order(program=program)
    _change(
        stack,
        program,
        **CHANGES["closed"],
        accepts=[{"asset_type": "water_heater_switch", "manufacturers": ["Aquanta"]}],
    )
    installations.post_accepted_completion(order)
    stack.wait_for_sync_request(enrollment, "synchronized")


def test_an_unenrollment_is_decided_by_the_rules_at_its_submission(stack: RunningStack) -> None:
    unenrollments, program = UnenrollmentClient(stack), stack.unique_name("LEAVE")
    stack.add_program(program)
    enrollment = unenrollments.enroll(program)
    unenrollment = unenrollments.submit_accepted(enrollment, reason="non_participation")
    unenrollments.wait_for_state(unenrollment, "awaiting_approval")
    _change(stack, program, active=False, subscription_type="one-year-term")
    unenrollments.post_accepted(unenrollment, "approval", approved=True, reason="yes")
    assert unenrollments.wait_for_end(unenrollment)["state"] == "unenrolled"


def test_waitlist_time_does_not_count_as_participation(stack: RunningStack) -> None:
    program = stack.unique_name("LINE")
    stack.add_program(program, capacity=WAITLIST)
    enrollment = stack.submit_accepted(stack.build_application(program=program))
    stack.wait_for_enrollment(enrollment, "waitlisted")
    asked = "UPDATE enrollment SET start_at = start_at - interval '90 days' WHERE id = $1 RETURNING start_at"
    long_ago = stack.database.value(asked, enrollment)
    _change(stack, program, capacity={**WAITLIST, "customers": 1})
    snapshot = stack.wait_for_sync_request(enrollment, "synchronized")["snapshot"]
    assert snapshot["subscription"]["start"][:10] > long_ago.date().isoformat()


def test_a_device_enrolled_by_another_customer_moves_the_waitlist_up(stack: RunningStack) -> None:
    program = stack.unique_name("LINE")
    stack.add_program(program, capacity=WAITLIST)
    application, elsewhere = stack.build_application(program=program), stack.build_application()
    first = stack.submit_accepted({**application, "devices": elsewhere["devices"]})
    stack.wait_for_enrollment(first, "waitlisted")
    second = stack.submit_accepted(stack.build_application(program=program))
    stack.wait_for_enrollment(second, "waitlisted")
    stack.wait_for_sync_request(stack.submit_accepted(elsewhere), "synchronized")
    _change(stack, program, capacity={**WAITLIST, "customers": 1})
    decision = stack.wait_for_enrollment(first, "rejected")["decision"]
    assert [one["rule"] for one in decision["findings"] if one["verdict"] == "failed"] == ["serial_free"]
    stack.wait_for_enrollment(second, "enrolled")


@pytest.mark.parametrize(("waitlist", "ends"), [(True, "waitlisted"), (False, "rejected")])
def test_capacity_taken_between_display_and_submission(stack: RunningStack, *, waitlist: bool, ends: str) -> None:
    program, who = stack.unique_name("LAST"), stack.customers.take()
    stack.add_program(program, capacity={"customers": 1, "waitlist": waitlist})
    (customer,) = stack.api.get("/v1/customers", params={"q": who["cis_account_id"]}).json()["items"]
    places = stack.api.get(f"/v1/customers/{customer['id']}/eligible-programs").json()["items"]
    (shown,) = [one for one in places[0]["programs"] if one["program"] == program]
    assert shown["outcome"] == "accepted"
    stack.wait_for_enrollment(stack.submit_accepted(stack.build_application(program=program)), "enrolled")
    view = stack.wait_for_enrollment(stack.submit_accepted(stack.build_application(who, program=program)), ends)
    assert "capacity" in {one["rule"] for one in view["decision"]["findings"] if one["verdict"] in ("failed", "wait")}

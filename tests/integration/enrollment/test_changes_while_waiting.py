"""Changes while a request is open: the rules of its submission apply, with today's capacity.

See docs/domain.md#edge-cases.
"""

from typing import Any

import pytest

from tests.integration.clients.installations import InstallationClient
from tests.integration.clients.running_stack import RunningStack
from tests.integration.clients.unenrollments import UnenrollmentClient

WAITLIST = {"customers": 0, "waitlist": True}


def _change(doors: RunningStack, program: str, **changes: Any) -> None:
    catalog = doors.get_catalog()
    next(one for one in catalog["programs"] if one["code"] == program).update(changes)
    doors.api.put("/v1/catalog", json=catalog).raise_for_status()


CHANGES: dict[str, dict[str, Any]] = {
    "closed": {"active": False},
    "window over": {"enrollment_window": {"closes": "2026-01-01"}},
    "another rule": {"eligibility": [{"rule": "customer_class", "classes": ["large_commercial"]}]},
    "other terms": {"terms": {"version": "2027-01", "url": "https://example.com/terms/2027-01"}},
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_waitlisted_request_is_decided_by_the_rules_at_its_submission(doors: RunningStack, change: str) -> None:
    program = doors.unique_name("LINE")
    doors.add_program(program, capacity=WAITLIST)
    enrollment = doors.submit_accepted(doors.build_application(program=program))
    doors.wait_for_enrollment(enrollment, "waitlisted")
    _change(doors, program, capacity={**WAITLIST, "customers": 1}, **CHANGES[change])
    doors.wait_for_sync_request(enrollment, "synchronized")


def test_a_request_waiting_for_a_visit_is_decided_by_the_rules_at_its_submission(doors: RunningStack) -> None:
    field = InstallationClient(doors)
    program = field.add_program()
    enrollment, order = field.enroll_with_order(program=program)
    _change(
        doors,
        program,
        **CHANGES["closed"],
        accepts=[{"asset_type": "water_heater_switch", "manufacturers": ["Aquanta"]}],
    )
    field.post_accepted_completion(order)
    doors.wait_for_sync_request(enrollment, "synchronized")


def test_an_unenrollment_is_decided_by_the_rules_at_its_submission(doors: RunningStack) -> None:
    leaving, program = UnenrollmentClient(doors), doors.unique_name("LEAVE")
    doors.add_program(program)
    enrollment = leaving.enroll(program)
    unenrollment = leaving.submit_accepted(enrollment, reason="non_participation")
    leaving.wait_for_state(unenrollment, "awaiting_approval")
    _change(doors, program, active=False, subscription_type="one-year-term")
    leaving.post_accepted(unenrollment, "approval", approved=True, reason="yes")
    assert leaving.wait_for_end(unenrollment)["state"] == "unenrolled"


def test_waitlist_time_does_not_count_as_participation(doors: RunningStack) -> None:
    program = doors.unique_name("LINE")
    doors.add_program(program, capacity=WAITLIST)
    enrollment = doors.submit_accepted(doors.build_application(program=program))
    doors.wait_for_enrollment(enrollment, "waitlisted")
    asked = "UPDATE enrollment SET start_at = start_at - interval '90 days' WHERE id = $1 RETURNING start_at"
    long_ago = doors.database.value(asked, enrollment)
    _change(doors, program, capacity={**WAITLIST, "customers": 1})
    snapshot = doors.wait_for_sync_request(enrollment, "synchronized")["snapshot"]
    assert snapshot["subscription"]["start"][:10] > long_ago.date().isoformat()


def test_a_device_enrolled_by_another_customer_moves_the_waitlist_up(doors: RunningStack) -> None:
    program = doors.unique_name("LINE")
    doors.add_program(program, capacity=WAITLIST)
    application, elsewhere = doors.build_application(program=program), doors.build_application()
    first = doors.submit_accepted({**application, "devices": elsewhere["devices"]})
    doors.wait_for_enrollment(first, "waitlisted")
    second = doors.submit_accepted(doors.build_application(program=program))
    doors.wait_for_enrollment(second, "waitlisted")
    doors.wait_for_sync_request(doors.submit_accepted(elsewhere), "synchronized")
    _change(doors, program, capacity={**WAITLIST, "customers": 1})
    decision = doors.wait_for_enrollment(first, "rejected")["decision"]
    assert [one["rule"] for one in decision["findings"] if one["verdict"] == "failed"] == ["serial_free"]
    doors.wait_for_enrollment(second, "enrolled")


@pytest.mark.parametrize(("waitlist", "ends"), [(True, "waitlisted"), (False, "rejected")])
def test_capacity_taken_between_display_and_submission(doors: RunningStack, *, waitlist: bool, ends: str) -> None:
    program, who = doors.unique_name("LAST"), doors.customers.take()
    doors.add_program(program, capacity={"customers": 1, "waitlist": waitlist})
    (customer,) = doors.api.get("/v1/customers", params={"q": who["cis_account_id"]}).json()["items"]
    places = doors.api.get(f"/v1/customers/{customer['id']}/eligible-programs").json()["items"]
    (shown,) = [one for one in places[0]["programs"] if one["program"] == program]
    assert shown["outcome"] == "accepted"
    doors.wait_for_enrollment(doors.submit_accepted(doors.build_application(program=program)), "enrolled")
    seen = doors.wait_for_enrollment(doors.submit_accepted(doors.build_application(who, program=program)), ends)
    assert "capacity" in {one["rule"] for one in seen["decision"]["findings"] if one["verdict"] in ("failed", "wait")}

"""What changes while a request is under way: the rules at its submission hold, the capacity of today.

See docs/domain.md#edge-cases.
"""

from typing import Any

import pytest

from tests.integration.doors import Doors
from tests.integration.installing import Installing
from tests.integration.leaving import Leaving

WAITLIST = {"customers": 0, "waitlist": True}


def _change(doors: Doors, program: str, **changes: Any) -> None:
    catalog = doors.catalog()
    next(one for one in catalog["programs"] if one["code"] == program).update(changes)
    doors.api.put("/v1/catalog", json=catalog).raise_for_status()


CHANGES: dict[str, dict[str, Any]] = {
    "closed": {"active": False},
    "window over": {"enrollment_window": {"closes": "2026-01-01"}},
    "another rule": {"eligibility": [{"rule": "customer_class", "classes": ["large_commercial"]}]},
    "other terms": {"terms": {"version": "2027-01", "url": "https://example.com/terms/2027-01"}},
}


@pytest.mark.parametrize("change", CHANGES)
def test_who_waits_for_a_place_is_judged_as_when_they_asked(doors: Doors, change: str) -> None:
    program = doors.name("LINE")
    doors.offer(program, capacity=WAITLIST)
    enrollment = doors.accepted(doors.application(program=program))
    doors.reaches(enrollment, "waitlisted")
    _change(doors, program, capacity={**WAITLIST, "customers": 1}, **CHANGES[change])
    doors.told(enrollment, "synchronized")


def test_who_waits_for_a_technician_is_judged_as_when_they_asked(doors: Doors) -> None:
    field = Installing(doors)
    program = field.offer()
    enrollment, order = field.ordered(program=program)
    _change(
        doors,
        program,
        **CHANGES["closed"],
        accepts=[{"asset_type": "water_heater_switch", "manufacturers": ["Aquanta"]}],
    )
    field.reported(order)
    doors.told(enrollment, "synchronized")


def test_who_leaves_is_judged_as_when_they_asked(doors: Doors) -> None:
    leaving, program = Leaving(doors), doors.name("LEAVE")
    doors.offer(program)
    enrollment = leaving.enrolled(program)
    unenrollment = leaving.asked(enrollment, reason="non_participation")
    leaving.reaches(unenrollment, "awaiting_approval")
    _change(doors, program, active=False, subscription_type="one-year-term")
    leaving.done(unenrollment, "approval", approved=True, reason="yes")
    assert leaving.over(unenrollment)["state"] == "unenrolled"


def test_a_long_wait_for_a_place_is_no_time_in_the_program(doors: Doors) -> None:
    program = doors.name("LINE")
    doors.offer(program, capacity=WAITLIST)
    enrollment = doors.accepted(doors.application(program=program))
    doors.reaches(enrollment, "waitlisted")
    asked = "UPDATE enrollment SET start_at = start_at - interval '90 days' WHERE id = $1 RETURNING start_at"
    long_ago = doors.database.value(asked, enrollment)
    _change(doors, program, capacity={**WAITLIST, "customers": 1})
    snapshot = doors.told(enrollment, "synchronized")["snapshot"]
    assert snapshot["subscription"]["start"][:10] > long_ago.date().isoformat()


def test_a_device_that_another_enrolled_meanwhile_makes_the_next_in_line_move_up(doors: Doors) -> None:
    program = doors.name("LINE")
    doors.offer(program, capacity=WAITLIST)
    application, elsewhere = doors.application(program=program), doors.application()
    first = doors.accepted({**application, "devices": elsewhere["devices"]})
    doors.reaches(first, "waitlisted")
    second = doors.accepted(doors.application(program=program))
    doors.reaches(second, "waitlisted")
    doors.told(doors.accepted(elsewhere), "synchronized")
    _change(doors, program, capacity={**WAITLIST, "customers": 1})
    decision = doors.reaches(first, "rejected")["decision"]
    assert [one["rule"] for one in decision["findings"] if one["verdict"] == "failed"] == ["serial_free"]
    doors.reaches(second, "enrolled")


@pytest.mark.parametrize(("waitlist", "ends"), [(True, "waitlisted"), (False, "rejected")])
def test_a_place_that_is_taken_between_display_and_submission(doors: Doors, *, waitlist: bool, ends: str) -> None:
    program, who = doors.name("LAST"), doors.customers.take()
    doors.offer(program, capacity={"customers": 1, "waitlist": waitlist})
    (customer,) = doors.api.get("/v1/customers", params={"q": who["cis_account_id"]}).json()["items"]
    places = doors.api.get(f"/v1/customers/{customer['id']}/eligible-programs").json()["items"]
    (shown,) = [one for one in places[0]["programs"] if one["program"] == program]
    assert shown["outcome"] == "accepted"
    doors.reaches(doors.accepted(doors.application(program=program)), "enrolled")
    seen = doors.reaches(doors.accepted(doors.application(who, program=program)), ends)
    assert "capacity" in {one["rule"] for one in seen["decision"]["findings"] if one["verdict"] in ("failed", "wait")}

"""However a visit ends, the enrolment goes on or ends as docs/domain.md#field-work says, and nothing is left behind."""

from decimal import Decimal

import pytest

from tests.integration.doors import Doors
from tests.integration.installing import Installing


@pytest.fixture
def field(doors: Doors) -> Installing:
    return Installing(doors)


@pytest.mark.parametrize("outcome", ["no_access", "parts_missing"])
def test_a_visit_that_came_to_nothing_is_followed_by_another(field: Installing, outcome: str) -> None:
    enrollment, order = field.ordered()
    field.reported(order, outcome)
    again = field.order_of(enrollment, "rescheduled")
    assert (again["id"], again["attempt"], again["appointment_start"]) == (order, 2, None)
    field.reported(order)
    field.doors.told(enrollment, "synchronized")


def test_when_the_attempts_are_used_up_a_person_decides_on_one_more(field: Installing) -> None:
    enrollment, order = field.ordered(program=field.offer(attempts=1))
    field.reported(order, "no_access")
    assert "attempts are used up" in field.doors.reaches(enrollment, "needs_attention")["reason"]
    field.doors.api.post(f"/v1/program-enrollments/{enrollment}/retry").raise_for_status()
    assert field.order_of(enrollment, "rescheduled")["attempt"] == 2
    field.reported(order)
    field.doors.told(enrollment, "synchronized")


def test_when_the_attempts_are_used_up_a_person_may_end_it(field: Installing) -> None:
    program = field.offer(attempts=1)
    enrollment, order = field.ordered(program=program)
    field.reported(order, "no_access")
    field.doors.reaches(enrollment, "needs_attention")
    field.doors.api.post(f"/v1/program-enrollments/{enrollment}/cancel", json={"reason": "moved"}).raise_for_status()
    assert field.over(enrollment)["state"] == "cancelled"
    assert field.held(program) == (0, 0, 0)


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        ("customer_refused", "The customer refused the installation."),
        ("not_installable", "The device cannot be installed there safely."),
    ],
)
def test_what_cannot_be_installed_is_cancelled_and_makes_room(field: Installing, outcome: str, reason: str) -> None:
    program = field.offer(capacity={"customers": 1, "waitlist": True})
    enrollment, order = field.ordered(program=program)
    waiting = field.doors.accepted(field.application(program=program))
    field.doors.reaches(waiting, "waitlisted")
    field.reported(order, outcome)
    ended = field.over(enrollment)
    assert (ended["state"], ended["reason"], ended["subscription"]["state"]) == ("cancelled", reason, "cancelled")
    field.doors.reaches(waiting, "awaiting_site_visit")
    assert field.held(program) == (1, 1, Decimal("4.5"))


def test_a_serial_number_that_another_holds_is_refused_on_site(field: Installing) -> None:
    first, order = field.ordered()
    taken = field.reported(order)["device_installed"]
    field.doors.reaches(first, "enrolled")
    second, order = field.ordered()
    answer = field.do(order, "completion", **field.report(device_installed=taken))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/device_installed/serial_number"
    assert not field.order(order)["completions"]
    field.reported(order)
    field.doors.reaches(second, "enrolled")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"specification": "aquanta-controller"}, "/device_installed/specification"),
        ({"specification": "no-such-thing"}, "/device_installed/specification"),
        ({"device_location_type": None}, "/device_installed/device_location_type"),
        ({"device_location_type": "main-living-area"}, "/device_installed/device_location_type"),
    ],
)
def test_a_device_that_the_program_cannot_take_is_refused_on_site(
    field: Installing, changes: dict[str, str | None], pointer: str
) -> None:
    _, order = field.ordered()
    device = {**field.report()["device_installed"], **changes}
    answer = field.do(order, "completion", **field.report(device_installed=device))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


def test_an_outcome_that_cannot_end_such_an_order_is_refused(field: Installing) -> None:
    _, order = field.ordered()
    assert field.do(order, "completion", **field.report("no_fault_found")).status_code == 422


def test_a_visit_that_has_yet_to_take_place_cannot_be_reported(field: Installing) -> None:
    _, order = field.ordered()
    answer = field.do(order, "completion", **field.report(finished_at="2199-01-01T00:00:00Z"))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/finished_at")


def test_a_serial_number_taken_after_the_report_sends_the_order_back(field: Installing) -> None:
    (enrollment, loser), (winner, _) = field.rivals()
    field.doors.reaches(winner, "enrolled")
    assert field.order(loser)["next_step"].startswith("The report could not be used")
    field.reported(loser)
    field.doors.reaches(enrollment, "enrolled")

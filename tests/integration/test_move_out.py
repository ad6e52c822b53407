"""A move-out that the CIS tells of ends what the customer takes part in, once (DOMAIN.md 5.3)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.doors import Doors
from tests.integration.leaving import Leaving

_NUMBERS = {"latitude": float, "longitude": float, "phase_count": int}
_FLAGS = ("critical", "owner_occupied")


def _record(customer: dict[str, str], **changes: Any) -> dict[str, Any]:
    """What the CIS tells of a row of the examples."""
    told: dict[str, Any] = {name: value for name, value in customer.items() if value}
    told |= {name: kind(told[name]) for name, kind in _NUMBERS.items() if name in told}
    told |= {name: told[name] == "true" for name in _FLAGS}
    return {**told, **changes}


@pytest.fixture
def customer(doors: Doors) -> dict[str, str]:
    return doors.customers.take()


@pytest.fixture
def enrollment(doors: Doors, customer: dict[str, str]) -> str:
    enrollment = doors.accepted(doors.application(customer))
    doors.told(enrollment, "synchronized")
    return enrollment


def _tell(doors: Doors, *records: dict[str, Any]) -> None:
    answer = doors.api.put("/v1/customers", json={"customers": list(records)}).raise_for_status().json()
    assert answer["errors"] == []


def _started(doors: Doors, enrollment: str) -> list[dict[str, Any]]:
    wanted = {"enrollment": enrollment}
    return doors.api.get("/v1/program-unenrollments", params=wanted).raise_for_status().json()["items"]


def _yesterday() -> str:
    return (datetime.now(UTC) - timedelta(days=1)).date().isoformat()


def _stranger(doors: Doors) -> dict[str, str]:
    name = doors.name("P")
    return {"cis_person_id": name, "cis_account_id": name, "name": "Who moves in", "email": "in@example.com"}


def test_service_that_has_ended_ends_the_subscription(doors: Doors, customer: dict[str, str], enrollment: str) -> None:
    _tell(doors, _record(customer, effective_to=_yesterday()))
    (started,) = _started(doors, enrollment)
    assert (started["requester"], started["unenrollment_reason"]) == ("cis", "move_out")
    seen = Leaving(doors).over(started["id"])
    assert (seen["state"], seen["subscription_state"]) == ("unenrolled", "ended")


def test_the_same_news_twice_is_one(doors: Doors, customer: dict[str, str], enrollment: str) -> None:
    record = _record(customer, effective_to=_yesterday())
    _tell(doors, record, record)
    _tell(doors, record)
    (started,) = _started(doors, enrollment)
    Leaving(doors).over(started["id"])
    _tell(doors, record)
    assert len(_started(doors, enrollment)) == 1


def test_somebody_else_at_the_service_point_ends_it_too(
    doors: Doors, customer: dict[str, str], enrollment: str
) -> None:
    _tell(doors, _record(customer, **_stranger(doors)))
    (started,) = _started(doors, enrollment)
    seen = Leaving(doors).over(started["id"])
    assert seen["subscription_state"] == "ended"


def test_the_derms_is_not_told_who_moves_in(doors: Doors, customer: dict[str, str], enrollment: str) -> None:
    stranger = _stranger(doors)
    _tell(doors, _record(customer, **stranger))
    Leaving(doors).over(_started(doors, enrollment)[0]["id"])
    request = doors.told(enrollment, "synchronized")
    assert request["kind"] == "unenroll"
    assert request["snapshot"]["customer"]["cis_person_id"] == customer["cis_person_id"]
    assert stranger["cis_person_id"] not in str(request["snapshot"])


def test_service_that_ends_later_changes_nothing_yet(doors: Doors, customer: dict[str, str], enrollment: str) -> None:
    _tell(doors, _record(customer, effective_to="2031-01-01"))
    assert _started(doors, enrollment) == []


def test_a_correction_of_the_name_is_no_move_out(doors: Doors, customer: dict[str, str], enrollment: str) -> None:
    _tell(doors, _record(customer, name="A name spelt right"))
    assert _started(doors, enrollment) == []


def test_what_is_being_left_later_is_left_now_and_once(doors: Doors, customer: dict[str, str], enrollment: str) -> None:
    first = Leaving(doors).asked(enrollment, effective_date="2031-07-01")
    Leaving(doors).reaches(first, "scheduled")
    _tell(doors, _record(customer, effective_to=_yesterday()))
    assert [one["id"] for one in _started(doors, enrollment)] == [first]
    assert Leaving(doors).over(first)["subscription_state"] == "ended"

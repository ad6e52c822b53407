"""A move-out that the CIS tells of ends what the customer takes part in, once (docs/domain.md#move-out)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.integration.batches import ran
from tests.integration.doors import Doors
from tests.integration.installing import Installing
from tests.integration.leaving import Leaving
from tests.integration.moving import cis_record
from tests.patience import wait_for

_HELD_UP = "SELECT pid FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"


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


def _midnight(customer: dict[str, str], year: int, month: int) -> str:
    """The first of the month at the premise, as the API tells it."""
    first = datetime(year, month, 1, tzinfo=ZoneInfo(customer["time_zone"])).astimezone(UTC)
    return first.isoformat().replace("+00:00", "Z")


def _stranger(doors: Doors) -> dict[str, str]:
    name = doors.name("P")
    return {"cis_person_id": name, "cis_account_id": name, "name": "Who moves in", "email": "in@example.com"}


def test_service_that_has_ended_ends_the_subscription(doors: Doors, customer: dict[str, str], enrollment: str) -> None:
    _tell(doors, cis_record(customer, effective_to=_yesterday()))
    (started,) = _started(doors, enrollment)
    assert (started["requester"], started["unenrollment_reason"]) == ("cis", "move_out")
    seen = Leaving(doors).over(started["id"])
    assert (seen["state"], seen["subscription_state"]) == ("unenrolled", "ended")


def test_the_same_news_twice_is_one(doors: Doors, customer: dict[str, str], enrollment: str) -> None:
    told = cis_record(customer, effective_to=_yesterday())
    _tell(doors, told, told)
    _tell(doors, told)
    (started,) = _started(doors, enrollment)
    Leaving(doors).over(started["id"])
    _tell(doors, told)
    assert len(_started(doors, enrollment)) == 1


def test_somebody_else_at_the_service_point_ends_it_too(
    doors: Doors, customer: dict[str, str], enrollment: str
) -> None:
    _tell(doors, cis_record(customer, **_stranger(doors)))
    (started,) = _started(doors, enrollment)
    seen = Leaving(doors).over(started["id"])
    assert seen["subscription_state"] == "ended"


def test_the_derms_is_not_told_who_moves_in(doors: Doors, customer: dict[str, str], enrollment: str) -> None:
    stranger = _stranger(doors)
    _tell(doors, cis_record(customer, **stranger))
    Leaving(doors).over(_started(doors, enrollment)[0]["id"])
    request = doors.told(enrollment, "synchronized")
    assert request["kind"] == "unenroll"
    assert request["snapshot"]["customer"]["cis_person_id"] == customer["cis_person_id"]
    assert stranger["cis_person_id"] not in str(request["snapshot"])


def test_service_that_ends_later_is_waited_for(doors: Doors, customer: dict[str, str], enrollment: str) -> None:
    told = cis_record(customer, effective_to="2031-01-01")
    _tell(doors, told)
    _tell(doors, told)
    (started,) = _started(doors, enrollment)
    seen = Leaving(doors).reaches(started["id"], "scheduled")
    assert (seen["effective_at"], seen["subscription_state"]) == (_midnight(customer, 2031, 1), "ending")
    _tell(doors, cis_record(customer, effective_to=_yesterday()))
    assert Leaving(doors).over(started["id"])["subscription_state"] == "ended"


def test_another_day_is_another_day_of_the_same(doors: Doors, customer: dict[str, str], enrollment: str) -> None:
    _tell(doors, cis_record(customer, effective_to="2031-03-01"))
    first = _started(doors, enrollment)[0]["id"]
    Leaving(doors).reaches(first, "scheduled")
    for month in (6, 2):
        _tell(doors, cis_record(customer, effective_to=f"2031-0{month}-01"))
        (same,) = _started(doors, enrollment)
        assert (same["id"], same["effective_at"]) == (first, _midnight(customer, 2031, month))
    said = {entry["what"]: entry["reason"] for entry in Leaving(doors).seen(first)["timeline"]}
    assert "2031-06-01" in said["Put off"]
    assert "2031-02-01" in said["Brought forward"]


def test_what_the_cis_takes_back_is_taken_back(doors: Doors, customer: dict[str, str], enrollment: str) -> None:
    leaves = cis_record(customer, effective_to="2031-03-01")
    _tell(doors, leaves)
    first = _started(doors, enrollment)[0]["id"]
    _tell(doors, cis_record(customer))
    seen = Leaving(doors).over(first)
    assert (seen["state"], seen["reason"]) == ("cancelled", "The customer stays, as the CIS says.")
    assert seen["subscription_state"] == "active"
    _tell(doors, leaves)
    assert len(_started(doors, enrollment)) == 2


def test_what_a_person_took_back_the_same_news_does_not_bring_again(
    doors: Doors, customer: dict[str, str], enrollment: str
) -> None:
    leaves = cis_record(customer, effective_to="2031-03-01")
    _tell(doors, leaves)
    Leaving(doors).done(_started(doors, enrollment)[0]["id"], "cancel", reason="The CIS errs.")
    _tell(doors, leaves)
    assert len(_started(doors, enrollment)) == 1
    _tell(doors, cis_record(customer, effective_to="2031-04-01"))
    assert len(_started(doors, enrollment)) == 2


def test_a_device_being_fetched_stays_if_the_customer_does(doors: Doors, customer: dict[str, str]) -> None:
    leaving = Leaving(doors)
    device = {"specification": "ecobee-premium", "serial_number": doors.name("SN")}
    way = {"asset_ownership": "utility_owned", "program": leaving.lend(), "devices": [device]}
    enrollment = doors.accepted(doors.application(customer, **way))
    doors.told(enrollment, "synchronized")
    _tell(doors, cis_record(customer, effective_to=_yesterday()))
    first = _started(doors, enrollment)[0]["id"]
    order = leaving.order(first)
    _tell(doors, cis_record(customer, effective_to="2031-03-01"))
    assert leaving.over(first)["reason"] == "The customer moves out on 2031-03-01, as the CIS says."
    assert doors.database.value("SELECT state FROM work_order WHERE id = $1", order) == "cancelled"
    (later,) = [one["id"] for one in _started(doors, enrollment) if one["id"] != first]
    assert leaving.reaches(later, "scheduled")["subscription_state"] == "ending"


def test_what_has_left_stays_away(doors: Doors, customer: dict[str, str], enrollment: str) -> None:
    _tell(doors, cis_record(customer, effective_to=_yesterday()))
    Leaving(doors).over(_started(doors, enrollment)[0]["id"])
    _tell(doors, cis_record(customer))
    (only,) = _started(doors, enrollment)
    assert (only["state"], Leaving(doors).subscription(enrollment)["state"]) == ("unenrolled", "ended")


@pytest.mark.parametrize("state", ["awaiting_approval", "needs_attention"])
def test_who_has_moved_out_needs_nobodys_approval(
    doors: Doors, customer: dict[str, str], enrollment: str, state: str
) -> None:
    asked = Leaving(doors).asked(enrollment, reason="non_participation")
    Leaving(doors).reaches(asked, "awaiting_approval")
    parked = "UPDATE unenrollment SET resume_state = nullif(state, $2), state = $2 WHERE id = $1"
    doors.database.execute(parked, asked, state)
    _tell(doors, cis_record(customer, effective_to="2031-03-01"))
    assert Leaving(doors).seen(asked)["state"] == state
    _tell(doors, cis_record(customer, effective_to=_yesterday()))
    seen = Leaving(doors).over(asked)
    assert seen["subscription_state"] == "ended"
    assert "Approval no longer needed: the customer moves out" in [entry["what"] for entry in seen["timeline"]]


def test_ones_own_earlier_or_later_wish_holds_as_far_as_it_can(
    doors: Doors, customer: dict[str, str], enrollment: str
) -> None:
    asked = Leaving(doors).asked(enrollment, effective_date="2031-07-01")
    Leaving(doors).reaches(asked, "scheduled")
    for told, held in (("2031-09-01", 7), ("2031-04-01", 4), (None, 7)):
        _tell(doors, cis_record(customer, effective_to=told) if told else cis_record(customer))
        (only,) = _started(doors, enrollment)
        assert (only["state"], only["effective_at"]) == ("scheduled", _midnight(customer, 2031, held))


def test_one_that_needs_attention_is_moved_to_the_other_day_too(
    doors: Doors, customer: dict[str, str], enrollment: str
) -> None:
    asked = Leaving(doors).asked(enrollment, effective_date="2031-07-01")
    Leaving(doors).reaches(asked, "scheduled")
    parked = "UPDATE unenrollment SET resume_state = state, state = 'needs_attention', reason = 'so' WHERE id = $1"
    doors.database.execute(parked, asked)
    _tell(doors, cis_record(customer, effective_to="2031-04-01"))
    assert Leaving(doors).seen(asked)["effective_at"] == _midnight(customer, 2031, 4)


def test_who_is_not_enrolled_yet_will_not_be(doors: Doors) -> None:
    """Requests that wait for a technician, a parcel and a place."""
    field = Installing(doors)
    program = doors.name("FULL")
    doors.offer(program, capacity={"customers": 0, "waitlist": True})
    who = [doors.customers.take(premise_type="single_family") for _ in range(3)]
    answers = {"answers": {"heater_fuel": "electricity"}, "devices": []}
    utility = {**answers, "program": field.offer(), "asset_ownership": "utility_owned"}
    parcel = {"program": "TSTAT-KIT", "installation_method": "self_installation", "asset_ownership": "utility_owned"}
    visited = doors.accepted(doors.application(who[0], **utility, installation_method="utility_installation"))
    shipped = doors.accepted(doors.application(who[1], **parcel, answers={}, devices=[]))
    waits = doors.accepted(doors.application(who[2], program=program))
    field.order_of(visited)
    wait_for(lambda: doors.enrollment(shipped)["state"] == "device_setup")
    doors.reaches(waits, "waitlisted")
    _tell(doors, cis_record(who[2], effective_to="2031-01-01"))
    assert doors.enrollment(waits)["state"] == "waitlisted"
    _tell(doors, *(cis_record(one, effective_to=_yesterday()) for one in who))
    for enrollment in (visited, shipped, waits):
        seen = field.over(enrollment)
        assert (seen["state"], seen["reason"]) == ("cancelled", "The customer has moved out, as the CIS says.")
        assert [entry["reason"] for entry in seen["timeline"] if entry["what"] == "Cancelled"] == [seen["reason"]]
    assert field.order_of(visited, "cancelled")
    assert doors.database.value("SELECT state FROM device_shipment WHERE enrollment_id = $1", shipped) == "cancelled"
    assert field.held(utility["program"]) == (0, 0, 0)


def test_who_decides_one_of_several_that_end_together_is_not_held_up(doors: Doors) -> None:
    """A decision holds its request, then asks for the program; the news must not have the program and wait for it."""
    setup = {"program": "TSTAT-KIT", "installation_method": "self_installation", "asset_ownership": "utility_owned"}
    who = [doors.customers.take(premise_type="single_family") for _ in range(2)]
    first, second = (doors.accepted(doors.application(one, **setup, answers={}, devices=[])) for one in who)
    wait_for(lambda: all(doors.enrollment(one)["state"] == "device_setup" for one in (first, second)))
    with ThreadPoolExecutor(1) as aside:
        with doors.database.holding("SELECT FROM enrollment WHERE id = $1 FOR NO KEY UPDATE", second):
            told = aside.submit(_tell, doors, *(cis_record(one, effective_to=_yesterday()) for one in who))
            wait_for(lambda: doors.database.value(_HELD_UP))
            doors.database.execute("SET LOCAL lock_timeout = '0.5s'")
            doors.database.execute("SELECT FROM program_capacity WHERE program = 'TSTAT-KIT' FOR NO KEY UPDATE")
        told.result()
    assert [doors.enrollment(one)["state"] for one in (first, second)] == ["cancelled", "cancelled"]


def test_what_nobody_could_do_when_the_cis_said_so_is_done_within_the_hour(
    doors: Doors, customer: dict[str, str], enrollment: str
) -> None:
    """Somebody enrolled at the very moment, or the day named has come."""
    moved = "UPDATE service_point SET effective_to = current_date - 2 WHERE cis_service_point_id = $1"
    doors.database.execute(moved, customer["cis_service_point_id"])
    assert ran(doors, "initial-load")["counts"]["move_outs_begun"] >= 1
    assert Leaving(doors).over(_started(doors, enrollment)[0]["id"])["subscription_state"] == "ended"


def test_who_left_before_is_not_looked_at_any_more(doors: Doors, customer: dict[str, str], enrollment: str) -> None:
    _tell(doors, cis_record(customer, effective_to=_yesterday()))
    Leaving(doors).over(_started(doors, enrollment)[0]["id"])
    with doors.database.holding(
        "SELECT FROM service_point WHERE cis_service_point_id = $1 FOR NO KEY UPDATE", customer["cis_service_point_id"]
    ):
        ran(doors, "initial-load")


def test_a_correction_of_the_name_is_no_move_out(doors: Doors, customer: dict[str, str], enrollment: str) -> None:
    _tell(doors, cis_record(customer, name="A name spelt right"))
    assert _started(doors, enrollment) == []


def test_what_is_being_left_later_is_left_now_and_once(doors: Doors, customer: dict[str, str], enrollment: str) -> None:
    first = Leaving(doors).asked(enrollment, effective_date="2031-07-01")
    Leaving(doors).reaches(first, "scheduled")
    _tell(doors, cis_record(customer, effective_to=_yesterday()))
    assert [one["id"] for one in _started(doors, enrollment)] == [first]
    assert Leaving(doors).over(first)["subscription_state"] == "ended"

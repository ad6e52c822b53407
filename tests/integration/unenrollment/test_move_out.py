"""A move-out that the CIS tells of ends what the customer takes part in, once (docs/domain.md#move-out)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.integration.clients.batch_runs import complete_run
from tests.integration.clients.cis_records import build_cis_record
from tests.integration.clients.installations import InstallationClient
from tests.integration.clients.running_stack import RunningStack
from tests.integration.clients.unenrollments import UnenrollmentClient
from tests.waiting import wait_for

_HELD_UP = "SELECT pid FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"


@pytest.fixture
def customer(doors: RunningStack) -> dict[str, str]:
    return doors.customers.take()


@pytest.fixture
def enrollment(doors: RunningStack, customer: dict[str, str]) -> str:
    enrollment = doors.submit_accepted(doors.build_application(customer))
    doors.wait_for_sync_request(enrollment, "synchronized")
    return enrollment


def _tell(doors: RunningStack, *records: dict[str, Any]) -> None:
    answer = doors.api.put("/v1/customers", json={"customers": list(records)}).raise_for_status().json()
    assert answer["errors"] == []


def _started(doors: RunningStack, enrollment: str) -> list[dict[str, Any]]:
    wanted = {"enrollment": enrollment}
    return doors.api.get("/v1/program-unenrollments", params=wanted).raise_for_status().json()["items"]


def _yesterday() -> str:
    return (datetime.now(UTC) - timedelta(days=1)).date().isoformat()


def _midnight(customer: dict[str, str], year: int, month: int) -> str:
    """The first of the month at the premise, as the API tells it."""
    first = datetime(year, month, 1, tzinfo=ZoneInfo(customer["time_zone"])).astimezone(UTC)
    return first.isoformat().replace("+00:00", "Z")


def _stranger(doors: RunningStack) -> dict[str, str]:
    name = doors.unique_name("P")
    return {"cis_person_id": name, "cis_account_id": name, "name": "Who moves in", "email": "in@example.com"}


def test_service_that_has_ended_ends_the_subscription(
    doors: RunningStack, customer: dict[str, str], enrollment: str
) -> None:
    _tell(doors, build_cis_record(customer, effective_to=_yesterday()))
    (started,) = _started(doors, enrollment)
    assert (started["requester"], started["unenrollment_reason"]) == ("cis", "move_out")
    seen = UnenrollmentClient(doors).wait_for_end(started["id"])
    assert (seen["state"], seen["subscription_state"]) == ("unenrolled", "ended")


def test_the_same_news_twice_is_one(doors: RunningStack, customer: dict[str, str], enrollment: str) -> None:
    told = build_cis_record(customer, effective_to=_yesterday())
    _tell(doors, told, told)
    _tell(doors, told)
    (started,) = _started(doors, enrollment)
    UnenrollmentClient(doors).wait_for_end(started["id"])
    _tell(doors, told)
    assert len(_started(doors, enrollment)) == 1


def test_somebody_else_at_the_service_point_ends_it_too(
    doors: RunningStack, customer: dict[str, str], enrollment: str
) -> None:
    _tell(doors, build_cis_record(customer, **_stranger(doors)))
    (started,) = _started(doors, enrollment)
    seen = UnenrollmentClient(doors).wait_for_end(started["id"])
    assert seen["subscription_state"] == "ended"


def test_the_derms_is_not_told_who_moves_in(doors: RunningStack, customer: dict[str, str], enrollment: str) -> None:
    stranger = _stranger(doors)
    _tell(doors, build_cis_record(customer, **stranger))
    UnenrollmentClient(doors).wait_for_end(_started(doors, enrollment)[0]["id"])
    request = doors.wait_for_sync_request(enrollment, "synchronized")
    assert request["kind"] == "unenroll"
    assert request["snapshot"]["customer"]["cis_person_id"] == customer["cis_person_id"]
    assert stranger["cis_person_id"] not in str(request["snapshot"])


def test_service_that_ends_later_is_waited_for(doors: RunningStack, customer: dict[str, str], enrollment: str) -> None:
    told = build_cis_record(customer, effective_to="2031-01-01")
    _tell(doors, told)
    _tell(doors, told)
    (started,) = _started(doors, enrollment)
    seen = UnenrollmentClient(doors).wait_for_state(started["id"], "scheduled")
    assert (seen["effective_at"], seen["subscription_state"]) == (_midnight(customer, 2031, 1), "ending")
    _tell(doors, build_cis_record(customer, effective_to=_yesterday()))
    assert UnenrollmentClient(doors).wait_for_end(started["id"])["subscription_state"] == "ended"


def test_another_day_is_another_day_of_the_same(doors: RunningStack, customer: dict[str, str], enrollment: str) -> None:
    _tell(doors, build_cis_record(customer, effective_to="2031-03-01"))
    first = _started(doors, enrollment)[0]["id"]
    UnenrollmentClient(doors).wait_for_state(first, "scheduled")
    for month in (6, 2):
        _tell(doors, build_cis_record(customer, effective_to=f"2031-0{month}-01"))
        (same,) = _started(doors, enrollment)
        assert (same["id"], same["effective_at"]) == (first, _midnight(customer, 2031, month))
    said = {entry["what"]: entry["reason"] for entry in UnenrollmentClient(doors).get(first)["timeline"]}
    assert "2031-06-01" in said["Moved to a later day"]
    assert "2031-02-01" in said["Moved to an earlier day"]


def test_what_the_cis_takes_back_is_taken_back(doors: RunningStack, customer: dict[str, str], enrollment: str) -> None:
    leaves = build_cis_record(customer, effective_to="2031-03-01")
    _tell(doors, leaves)
    first = _started(doors, enrollment)[0]["id"]
    _tell(doors, build_cis_record(customer))
    seen = UnenrollmentClient(doors).wait_for_end(first)
    assert (seen["state"], seen["reason"]) == ("cancelled", "The customer stays, as the CIS says.")
    assert seen["subscription_state"] == "active"
    _tell(doors, leaves)
    assert len(_started(doors, enrollment)) == 2


def test_what_a_person_took_back_the_same_news_does_not_bring_again(
    doors: RunningStack, customer: dict[str, str], enrollment: str
) -> None:
    leaves = build_cis_record(customer, effective_to="2031-03-01")
    _tell(doors, leaves)
    UnenrollmentClient(doors).post_accepted(_started(doors, enrollment)[0]["id"], "cancel", reason="The CIS errs.")
    _tell(doors, leaves)
    assert len(_started(doors, enrollment)) == 1
    _tell(doors, build_cis_record(customer, effective_to="2031-04-01"))
    assert len(_started(doors, enrollment)) == 2


def test_a_device_being_fetched_stays_if_the_customer_does(doors: RunningStack, customer: dict[str, str]) -> None:
    leaving = UnenrollmentClient(doors)
    device = {"specification": "ecobee-premium", "serial_number": doors.unique_name("SN")}
    way = {"asset_ownership": "utility_owned", "program": leaving.add_lending_program(), "devices": [device]}
    enrollment = doors.submit_accepted(doors.build_application(customer, **way))
    doors.wait_for_sync_request(enrollment, "synchronized")
    _tell(doors, build_cis_record(customer, effective_to=_yesterday()))
    first = _started(doors, enrollment)[0]["id"]
    order = leaving.wait_for_order(first)
    _tell(doors, build_cis_record(customer, effective_to="2031-03-01"))
    assert leaving.wait_for_end(first)["reason"] == "The customer moves out on 2031-03-01, as the CIS says."
    assert doors.database.value("SELECT state FROM work_order WHERE id = $1", order) == "cancelled"
    (later,) = [one["id"] for one in _started(doors, enrollment) if one["id"] != first]
    assert leaving.wait_for_state(later, "scheduled")["subscription_state"] == "ending"


def test_what_has_left_stays_away(doors: RunningStack, customer: dict[str, str], enrollment: str) -> None:
    _tell(doors, build_cis_record(customer, effective_to=_yesterday()))
    UnenrollmentClient(doors).wait_for_end(_started(doors, enrollment)[0]["id"])
    _tell(doors, build_cis_record(customer))
    (only,) = _started(doors, enrollment)
    assert (only["state"], UnenrollmentClient(doors).get_subscription(enrollment)["state"]) == ("unenrolled", "ended")


@pytest.mark.parametrize("state", ["awaiting_approval", "needs_attention"])
def test_who_has_moved_out_needs_nobodys_approval(
    doors: RunningStack, customer: dict[str, str], enrollment: str, state: str
) -> None:
    asked = UnenrollmentClient(doors).submit_accepted(enrollment, reason="non_participation")
    UnenrollmentClient(doors).wait_for_state(asked, "awaiting_approval")
    parked = "UPDATE unenrollment SET resume_state = nullif(state, $2), state = $2 WHERE id = $1"
    doors.database.execute(parked, asked, state)
    _tell(doors, build_cis_record(customer, effective_to="2031-03-01"))
    assert UnenrollmentClient(doors).get(asked)["state"] == state
    _tell(doors, build_cis_record(customer, effective_to=_yesterday()))
    seen = UnenrollmentClient(doors).wait_for_end(asked)
    assert seen["subscription_state"] == "ended"
    assert "Approval no longer needed: the customer moves out" in [entry["what"] for entry in seen["timeline"]]


def test_ones_own_earlier_or_later_wish_holds_as_far_as_it_can(
    doors: RunningStack, customer: dict[str, str], enrollment: str
) -> None:
    asked = UnenrollmentClient(doors).submit_accepted(enrollment, effective_date="2031-07-01")
    UnenrollmentClient(doors).wait_for_state(asked, "scheduled")
    for told, held in (("2031-09-01", 7), ("2031-04-01", 4), (None, 7)):
        _tell(doors, build_cis_record(customer, effective_to=told) if told else build_cis_record(customer))
        (only,) = _started(doors, enrollment)
        assert (only["state"], only["effective_at"]) == ("scheduled", _midnight(customer, 2031, held))


def test_one_that_needs_attention_is_moved_to_the_other_day_too(
    doors: RunningStack, customer: dict[str, str], enrollment: str
) -> None:
    asked = UnenrollmentClient(doors).submit_accepted(enrollment, effective_date="2031-07-01")
    UnenrollmentClient(doors).wait_for_state(asked, "scheduled")
    parked = "UPDATE unenrollment SET resume_state = state, state = 'needs_attention', reason = 'so' WHERE id = $1"
    doors.database.execute(parked, asked)
    _tell(doors, build_cis_record(customer, effective_to="2031-04-01"))
    assert UnenrollmentClient(doors).get(asked)["effective_at"] == _midnight(customer, 2031, 4)


def test_who_is_not_enrolled_yet_will_not_be(doors: RunningStack) -> None:
    """Requests that wait for a technician, a parcel and a place."""
    field = InstallationClient(doors)
    program = doors.unique_name("FULL")
    doors.add_program(program, capacity={"customers": 0, "waitlist": True})
    who = [doors.customers.take(premise_type="single_family") for _ in range(3)]
    answers = {"answers": {"heater_fuel": "electricity"}, "devices": []}
    utility = {**answers, "program": field.add_program(), "asset_ownership": "utility_owned"}
    parcel = {"program": "TSTAT-KIT", "installation_method": "self_installation", "asset_ownership": "utility_owned"}
    visited = doors.submit_accepted(
        doors.build_application(who[0], **utility, installation_method="utility_installation")
    )
    shipped = doors.submit_accepted(doors.build_application(who[1], **parcel, answers={}, devices=[]))
    waits = doors.submit_accepted(doors.build_application(who[2], program=program))
    field.wait_for_order(visited)
    wait_for(lambda: doors.get_enrollment(shipped)["state"] == "device_setup")
    doors.wait_for_enrollment(waits, "waitlisted")
    _tell(doors, build_cis_record(who[2], effective_to="2031-01-01"))
    assert doors.get_enrollment(waits)["state"] == "waitlisted"
    _tell(doors, *(build_cis_record(one, effective_to=_yesterday()) for one in who))
    for enrollment in (visited, shipped, waits):
        seen = field.wait_for_workflow_end(enrollment)
        assert (seen["state"], seen["reason"]) == ("cancelled", "The customer has moved out, as the CIS says.")
        assert [entry["reason"] for entry in seen["timeline"] if entry["what"] == "Cancelled"] == [seen["reason"]]
    assert field.wait_for_order(visited, "cancelled")
    assert doors.database.value("SELECT state FROM device_shipment WHERE enrollment_id = $1", shipped) == "cancelled"
    assert field.get_capacity_in_use(utility["program"]) == (0, 0, 0)


def test_who_decides_one_of_several_that_end_together_is_not_held_up(doors: RunningStack) -> None:
    """A decision holds its request, then asks for the program; the news must not have the program and wait for it."""
    setup = {"program": "TSTAT-KIT", "installation_method": "self_installation", "asset_ownership": "utility_owned"}
    who = [doors.customers.take(premise_type="single_family") for _ in range(2)]
    first, second = (
        doors.submit_accepted(doors.build_application(one, **setup, answers={}, devices=[])) for one in who
    )
    wait_for(lambda: all(doors.get_enrollment(one)["state"] == "device_setup" for one in (first, second)))
    with ThreadPoolExecutor(1) as aside:
        with doors.database.holding_lock("SELECT FROM enrollment WHERE id = $1 FOR NO KEY UPDATE", second):
            told = aside.submit(_tell, doors, *(build_cis_record(one, effective_to=_yesterday()) for one in who))
            wait_for(lambda: doors.database.value(_HELD_UP))
            doors.database.execute("SET LOCAL lock_timeout = '0.5s'")
            doors.database.execute("SELECT FROM program_capacity WHERE program = 'TSTAT-KIT' FOR NO KEY UPDATE")
        told.result()
    assert [doors.get_enrollment(one)["state"] for one in (first, second)] == ["cancelled", "cancelled"]


def test_what_nobody_could_do_when_the_cis_said_so_is_done_within_the_hour(
    doors: RunningStack, customer: dict[str, str], enrollment: str
) -> None:
    """Somebody enrolled at the very moment, or the day named has come."""
    moved = "UPDATE service_point SET effective_to = current_date - 2 WHERE cis_service_point_id = $1"
    doors.database.execute(moved, customer["cis_service_point_id"])
    assert complete_run(doors, "initial-load")["counts"]["move_outs_begun"] >= 1
    assert UnenrollmentClient(doors).wait_for_end(_started(doors, enrollment)[0]["id"])["subscription_state"] == "ended"


def test_who_left_before_is_not_looked_at_any_more(
    doors: RunningStack, customer: dict[str, str], enrollment: str
) -> None:
    _tell(doors, build_cis_record(customer, effective_to=_yesterday()))
    UnenrollmentClient(doors).wait_for_end(_started(doors, enrollment)[0]["id"])
    with doors.database.holding_lock(
        "SELECT FROM service_point WHERE cis_service_point_id = $1 FOR NO KEY UPDATE", customer["cis_service_point_id"]
    ):
        complete_run(doors, "initial-load")


def test_a_correction_of_the_name_is_no_move_out(
    doors: RunningStack, customer: dict[str, str], enrollment: str
) -> None:
    _tell(doors, build_cis_record(customer, name="A name spelt right"))
    assert _started(doors, enrollment) == []


def test_what_is_being_left_later_is_left_now_and_once(
    doors: RunningStack, customer: dict[str, str], enrollment: str
) -> None:
    first = UnenrollmentClient(doors).submit_accepted(enrollment, effective_date="2031-07-01")
    UnenrollmentClient(doors).wait_for_state(first, "scheduled")
    _tell(doors, build_cis_record(customer, effective_to=_yesterday()))
    assert [one["id"] for one in _started(doors, enrollment)] == [first]
    assert UnenrollmentClient(doors).wait_for_end(first)["subscription_state"] == "ended"

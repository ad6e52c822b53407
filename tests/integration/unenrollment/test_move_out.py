"""A move-out reported by the CIS ends what the customer participates in, once (docs/domain.md#move-out)."""

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
def customer(stack: RunningStack) -> dict[str, str]:
    return stack.customers.take()


@pytest.fixture
def enrollment(stack: RunningStack, customer: dict[str, str]) -> str:
    enrollment = stack.submit_accepted(stack.build_application(customer))
    stack.wait_for_sync_request(enrollment, "synchronized")
    return enrollment


def _import_records(stack: RunningStack, *records: dict[str, Any]) -> None:
    response = stack.api.put("/v1/customers", json={"customers": list(records)}).raise_for_status().json()
    assert response["errors"] == []


def _list_started(stack: RunningStack, enrollment: str) -> list[dict[str, Any]]:
    wanted = {"enrollment": enrollment}
    return stack.api.get("/v1/program-unenrollments", params=wanted).raise_for_status().json()["items"]


def _yesterday() -> str:
    return (datetime.now(UTC) - timedelta(days=1)).date().isoformat()


def _midnight(customer: dict[str, str], year: int, month: int) -> str:
    """Return the first of the month at the premise, as the API shows it."""
    first = datetime(year, month, 1, tzinfo=ZoneInfo(customer["time_zone"])).astimezone(UTC)
    return first.isoformat().replace("+00:00", "Z")


def _take_stranger(stack: RunningStack) -> dict[str, str]:
    name = stack.unique_name("P")
    return {"cis_person_id": name, "cis_account_id": name, "name": "Who moves in", "email": "in@example.com"}


def test_service_that_has_ended_ends_the_subscription(
    stack: RunningStack, customer: dict[str, str], enrollment: str
) -> None:
    _import_records(stack, build_cis_record(customer, effective_to=_yesterday()))
    (started,) = _list_started(stack, enrollment)
    assert (started["requester"], started["unenrollment_reason"]) == ("cis", "move_out")
    view = UnenrollmentClient(stack).wait_for_end(started["id"])
    assert (view["state"], view["subscription_state"]) == ("unenrolled", "ended")


def test_a_repeated_cis_change_is_applied_once(stack: RunningStack, customer: dict[str, str], enrollment: str) -> None:
    record = build_cis_record(customer, effective_to=_yesterday())
    _import_records(stack, record, record)
    _import_records(stack, record)
    (started,) = _list_started(stack, enrollment)
    UnenrollmentClient(stack).wait_for_end(started["id"])
    _import_records(stack, record)
    assert len(_list_started(stack, enrollment)) == 1


def test_a_new_customer_at_the_service_point_ends_the_subscription(
    stack: RunningStack, customer: dict[str, str], enrollment: str
) -> None:
    _import_records(stack, build_cis_record(customer, **_take_stranger(stack)))
    (started,) = _list_started(stack, enrollment)
    view = UnenrollmentClient(stack).wait_for_end(started["id"])
    assert view["subscription_state"] == "ended"


def test_the_derms_does_not_learn_the_new_customer(
    stack: RunningStack, customer: dict[str, str], enrollment: str
) -> None:
    stranger = _take_stranger(stack)
    _import_records(stack, build_cis_record(customer, **stranger))
    UnenrollmentClient(stack).wait_for_end(_list_started(stack, enrollment)[0]["id"])
    request = stack.wait_for_sync_request(enrollment, "synchronized")
    assert request["kind"] == "unenroll"
    assert request["snapshot"]["customer"]["cis_person_id"] == customer["cis_person_id"]
    assert stranger["cis_person_id"] not in str(request["snapshot"])


def test_service_that_ends_later_is_waited_for(stack: RunningStack, customer: dict[str, str], enrollment: str) -> None:
    record = build_cis_record(customer, effective_to="2031-01-01")
    _import_records(stack, record)
    _import_records(stack, record)
    (started,) = _list_started(stack, enrollment)
    view = UnenrollmentClient(stack).wait_for_state(started["id"], "scheduled")
    assert (view["effective_at"], view["subscription_state"]) == (_midnight(customer, 2031, 1), "ending")
    _import_records(stack, build_cis_record(customer, effective_to=_yesterday()))
    assert UnenrollmentClient(stack).wait_for_end(started["id"])["subscription_state"] == "ended"


def test_a_changed_move_out_date_changes_the_same_unenrollment(
    stack: RunningStack, customer: dict[str, str], enrollment: str
) -> None:
    _import_records(stack, build_cis_record(customer, effective_to="2031-03-01"))
    first = _list_started(stack, enrollment)[0]["id"]
    UnenrollmentClient(stack).wait_for_state(first, "scheduled")
    for month in (6, 2):
        _import_records(stack, build_cis_record(customer, effective_to=f"2031-0{month}-01"))
        (same,) = _list_started(stack, enrollment)
        assert (same["id"], same["effective_at"]) == (first, _midnight(customer, 2031, month))
    said = {entry["what"]: entry["reason"] for entry in UnenrollmentClient(stack).get(first)["timeline"]}
    assert "2031-06-01" in said["Moved to a later day"]
    assert "2031-02-01" in said["Moved to an earlier day"]


def test_a_withdrawn_move_out_cancels_the_unenrollment(
    stack: RunningStack, customer: dict[str, str], enrollment: str
) -> None:
    leaves = build_cis_record(customer, effective_to="2031-03-01")
    _import_records(stack, leaves)
    first = _list_started(stack, enrollment)[0]["id"]
    _import_records(stack, build_cis_record(customer))
    view = UnenrollmentClient(stack).wait_for_end(first)
    assert (view["state"], view["reason"]) == ("cancelled", "The customer stays, as the CIS says.")
    assert view["subscription_state"] == "active"
    _import_records(stack, leaves)
    assert len(_list_started(stack, enrollment)) == 2


def test_a_cancelled_move_out_is_not_repeated_for_the_same_cis_change(
    stack: RunningStack, customer: dict[str, str], enrollment: str
) -> None:
    leaves = build_cis_record(customer, effective_to="2031-03-01")
    _import_records(stack, leaves)
    UnenrollmentClient(stack).post_accepted(_list_started(stack, enrollment)[0]["id"], "cancel", reason="The CIS errs.")
    _import_records(stack, leaves)
    assert len(_list_started(stack, enrollment)) == 1
    _import_records(stack, build_cis_record(customer, effective_to="2031-04-01"))
    assert len(_list_started(stack, enrollment)) == 2


def test_a_withdrawn_move_out_stops_the_removal(stack: RunningStack, customer: dict[str, str]) -> None:
    unenrollments = UnenrollmentClient(stack)
    device = {"specification": "ecobee-premium", "serial_number": stack.unique_name("SN")}
    way = {"asset_ownership": "utility_owned", "program": unenrollments.add_lending_program(), "devices": [device]}
    enrollment = stack.submit_accepted(stack.build_application(customer, **way))
    stack.wait_for_sync_request(enrollment, "synchronized")
    _import_records(stack, build_cis_record(customer, effective_to=_yesterday()))
    first = _list_started(stack, enrollment)[0]["id"]
    order = unenrollments.wait_for_order(first)
    _import_records(stack, build_cis_record(customer, effective_to="2031-03-01"))
    assert unenrollments.wait_for_end(first)["reason"] == "The customer moves out on 2031-03-01, as the CIS says."
    assert stack.database.value("SELECT state FROM work_order WHERE id = $1", order) == "cancelled"
    (later,) = [one["id"] for one in _list_started(stack, enrollment) if one["id"] != first]
    assert unenrollments.wait_for_state(later, "scheduled")["subscription_state"] == "ending"


def test_a_withdrawn_move_out_does_not_undo_a_complete_unenrollment(
    stack: RunningStack, customer: dict[str, str], enrollment: str
) -> None:
    _import_records(stack, build_cis_record(customer, effective_to=_yesterday()))
    UnenrollmentClient(stack).wait_for_end(_list_started(stack, enrollment)[0]["id"])
    _import_records(stack, build_cis_record(customer))
    (only,) = _list_started(stack, enrollment)
    assert (only["state"], UnenrollmentClient(stack).get_subscription(enrollment)["state"]) == ("unenrolled", "ended")


@pytest.mark.parametrize("state", ["awaiting_approval", "needs_attention"])
def test_a_move_out_needs_no_approval(
    stack: RunningStack, customer: dict[str, str], enrollment: str, state: str
) -> None:
    asked = UnenrollmentClient(stack).submit_accepted(enrollment, reason="non_participation")
    UnenrollmentClient(stack).wait_for_state(asked, "awaiting_approval")
    parked = "UPDATE unenrollment SET resume_state = nullif(state, $2), state = $2 WHERE id = $1"
    stack.database.execute(parked, asked, state)
    _import_records(stack, build_cis_record(customer, effective_to="2031-03-01"))
    assert UnenrollmentClient(stack).get(asked)["state"] == state
    _import_records(stack, build_cis_record(customer, effective_to=_yesterday()))
    view = UnenrollmentClient(stack).wait_for_end(asked)
    assert view["subscription_state"] == "ended"
    assert "Approval no longer needed: the customer moves out" in [entry["what"] for entry in view["timeline"]]


def test_a_customers_own_date_holds_when_it_is_earlier(
    stack: RunningStack, customer: dict[str, str], enrollment: str
) -> None:
    asked = UnenrollmentClient(stack).submit_accepted(enrollment, effective_date="2031-07-01")
    UnenrollmentClient(stack).wait_for_state(asked, "scheduled")
    for record, held in (("2031-09-01", 7), ("2031-04-01", 4), (None, 7)):
        _import_records(
            stack, build_cis_record(customer, effective_to=record) if record else build_cis_record(customer)
        )
        (only,) = _list_started(stack, enrollment)
        assert (only["state"], only["effective_at"]) == ("scheduled", _midnight(customer, 2031, held))


def test_a_parked_unenrollment_moves_to_the_changed_date(
    stack: RunningStack, customer: dict[str, str], enrollment: str
) -> None:
    asked = UnenrollmentClient(stack).submit_accepted(enrollment, effective_date="2031-07-01")
    UnenrollmentClient(stack).wait_for_state(asked, "scheduled")
    parked = "UPDATE unenrollment SET resume_state = state, state = 'needs_attention', reason = 'so' WHERE id = $1"
    stack.database.execute(parked, asked)
    _import_records(stack, build_cis_record(customer, effective_to="2031-04-01"))
    assert UnenrollmentClient(stack).get(asked)["effective_at"] == _midnight(customer, 2031, 4)


def test_a_move_out_cancels_pending_enrollments(stack: RunningStack) -> None:
    """Requests that wait for a technician, a shipment and capacity."""
    installations = InstallationClient(stack)
    program = stack.unique_name("FULL")
    stack.add_program(program, capacity={"customers": 0, "waitlist": True})
    who = [stack.customers.take(premise_type="single_family") for _ in range(3)]
    answers = {"answers": {"heater_fuel": "electricity"}, "devices": []}
    utility = {**answers, "program": installations.add_program(), "asset_ownership": "utility_owned"}
    parcel = {"program": "TSTAT-KIT", "installation_method": "self_installation", "asset_ownership": "utility_owned"}
    visited = stack.submit_accepted(
        stack.build_application(who[0], **utility, installation_method="utility_installation")
    )
    shipped = stack.submit_accepted(stack.build_application(who[1], **parcel, answers={}, devices=[]))
    waits = stack.submit_accepted(stack.build_application(who[2], program=program))
    installations.wait_for_order(visited)
    wait_for(lambda: stack.get_enrollment(shipped)["state"] == "device_setup")
    stack.wait_for_enrollment(waits, "waitlisted")
    _import_records(stack, build_cis_record(who[2], effective_to="2031-01-01"))
    assert stack.get_enrollment(waits)["state"] == "waitlisted"
    _import_records(stack, *(build_cis_record(one, effective_to=_yesterday()) for one in who))
    for enrollment in (visited, shipped, waits):
        view = installations.wait_for_workflow_end(enrollment)
        assert (view["state"], view["reason"]) == ("cancelled", "The customer has moved out, as the CIS says.")
        assert [entry["reason"] for entry in view["timeline"] if entry["what"] == "Cancelled"] == [view["reason"]]
    assert installations.wait_for_order(visited, "cancelled")
    assert stack.database.value("SELECT state FROM device_shipment WHERE enrollment_id = $1", shipped) == "cancelled"
    assert installations.get_capacity_in_use(utility["program"]) == (0, 0, 0)


def test_deciding_one_of_several_move_outs_is_not_blocked(stack: RunningStack) -> None:
    """A decision locks its request, then the program; processing the CIS record must not lock the program first."""
    setup = {"program": "TSTAT-KIT", "installation_method": "self_installation", "asset_ownership": "utility_owned"}
    who = [stack.customers.take(premise_type="single_family") for _ in range(2)]
    first, second = (
        stack.submit_accepted(stack.build_application(one, **setup, answers={}, devices=[])) for one in who
    )
    wait_for(lambda: all(stack.get_enrollment(one)["state"] == "device_setup" for one in (first, second)))
    with ThreadPoolExecutor(1) as aside:
        with stack.database.holding_lock("SELECT FROM enrollment WHERE id = $1 FOR NO KEY UPDATE", second):
            record = aside.submit(
                _import_records, stack, *(build_cis_record(one, effective_to=_yesterday()) for one in who)
            )
            wait_for(lambda: stack.database.value(_HELD_UP))
            stack.database.execute("SET LOCAL lock_timeout = '0.5s'")
            stack.database.execute("SELECT FROM program_capacity WHERE program = 'TSTAT-KIT' FOR NO KEY UPDATE")
        record.result()
    assert [stack.get_enrollment(one)["state"] for one in (first, second)] == ["cancelled", "cancelled"]


def test_a_missed_move_out_is_processed_within_the_hour(
    stack: RunningStack, customer: dict[str, str], enrollment: str
) -> None:
    """Somebody enrolled at that very moment, or the date has come."""
    moved = "UPDATE service_point SET effective_to = current_date - 2 WHERE cis_service_point_id = $1"
    stack.database.execute(moved, customer["cis_service_point_id"])
    assert complete_run(stack, "initial-load")["counts"]["move_outs_begun"] >= 1
    assert (
        UnenrollmentClient(stack).wait_for_end(_list_started(stack, enrollment)[0]["id"])["subscription_state"]
        == "ended"
    )


def test_an_earlier_unenrollment_is_not_processed_again(
    stack: RunningStack, customer: dict[str, str], enrollment: str
) -> None:
    _import_records(stack, build_cis_record(customer, effective_to=_yesterday()))
    UnenrollmentClient(stack).wait_for_end(_list_started(stack, enrollment)[0]["id"])
    with stack.database.holding_lock(
        "SELECT FROM service_point WHERE cis_service_point_id = $1 FOR NO KEY UPDATE", customer["cis_service_point_id"]
    ):
        complete_run(stack, "initial-load")


def test_a_corrected_name_is_not_a_move_out(stack: RunningStack, customer: dict[str, str], enrollment: str) -> None:
    _import_records(stack, build_cis_record(customer, name="A name spelt right"))
    assert _list_started(stack, enrollment) == []


def test_a_later_unenrollment_is_brought_forward_once(
    stack: RunningStack, customer: dict[str, str], enrollment: str
) -> None:
    first = UnenrollmentClient(stack).submit_accepted(enrollment, effective_date="2031-07-01")
    UnenrollmentClient(stack).wait_for_state(first, "scheduled")
    _import_records(stack, build_cis_record(customer, effective_to=_yesterday()))
    assert [one["id"] for one in _list_started(stack, enrollment)] == [first]
    assert UnenrollmentClient(stack).wait_for_end(first)["subscription_state"] == "ended"

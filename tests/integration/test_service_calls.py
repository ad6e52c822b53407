"""Help with an enrolled device, short of replacing it (docs/domain.md#service-call)."""

from typing import Any

import pytest

from tests.integration.calling import Calling
from tests.integration.doors import Doors


@pytest.fixture
def calling(doors: Doors) -> Calling:
    return Calling(doors)


@pytest.fixture(scope="module")
def thermostat(running: Doors) -> str:
    return running.enrolled()


def test_advice_given_closes_the_call(calling: Calling, thermostat: str) -> None:
    call = calling.reaches(calling.opened(thermostat, action="advice"), "closed")
    assert (call["outcome"], call["sync_requests"], call["work_orders"]) == ("advice_given", [], [])


def test_advice_costs_one_step_on_our_record(calling: Calling, thermostat: str) -> None:
    flow = calling.flow(calling.opened(thermostat, action="advice"))
    assert flow.raw_description.workflow_execution_info.state_transition_count <= 4
    assert flow.history_length <= 8


def test_what_shall_be_done_can_be_decided_later(calling: Calling, thermostat: str) -> None:
    call = calling.opened(thermostat)
    waiting = calling.reaches(call, "troubleshooting")
    assert waiting["available_actions"] == ["action", "cancel"]
    assert calling.do(call, "action", action="advice").status_code == 200
    assert calling.reaches(call, "closed")["outcome"] == "advice_given"


def test_the_same_request_twice_is_one_call(calling: Calling, thermostat: str) -> None:
    name = calling.doors.name("same")
    first = calling.opened(thermostat, action="advice", transaction_id=name)
    assert calling.opened(thermostat, action="advice", transaction_id=name) == first
    calling.reaches(first, "closed")
    assert calling.ask(thermostat, transaction_id=name).status_code == 409


def test_a_second_call_for_one_device_is_told_which_is_open(calling: Calling, thermostat: str) -> None:
    call = calling.opened(thermostat)
    second = calling.ask(thermostat)
    assert second.status_code == 409
    assert call in second.json()["detail"]
    calling.do(call, "cancel", reason="A test.").raise_for_status()


def test_a_call_taken_back_ends_its_flow(calling: Calling, thermostat: str) -> None:
    call = calling.opened(thermostat)
    assert calling.do(call, "cancel", reason="It works again.").json()["state"] == "cancelled"
    calling.flow(call)
    assert calling.seen(call)["reason"] == "It works again."


def test_a_visit_to_a_customers_own_device_is_the_programs_to_allow(calling: Calling, thermostat: str) -> None:
    refused = calling.ask(thermostat, action="work_request")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/action"


def test_a_problem_that_is_not_configured_is_refused(calling: Calling, thermostat: str) -> None:
    refused = calling.ask(thermostat, problem={"code": "haunted"})
    assert refused.json()["errors"][0]["pointer"] == "/problem/code"


@pytest.mark.parametrize("outcome", ["repaired_on_site", "no_fault_found", "customer_refused", "not_installable"])
def test_a_visit_ends_the_call_with_its_outcome(calling: Calling, outcome: str) -> None:
    call, order = calling.visited(calling.battery())
    calling.reported(order, outcome)
    closed = calling.reaches(call, "closed")
    assert (closed["outcome"], closed["sync_requests"]) == (outcome, [])


def never_met(calling: Calling) -> tuple[str, dict[str, Any]]:
    """A call that waits for a person because nobody ever opened, and its order."""
    call, order = calling.visited(calling.battery())
    for state in ("rescheduled", "rescheduled", "incomplete"):
        calling.reported(order, "no_access")
        order = calling.order(call, state)
    calling.reaches(call, "needs_attention")
    return call, order


def test_no_access_over_the_limit_calls_a_person_who_may_order_one_more_visit(calling: Calling) -> None:
    call, _ = never_met(calling)
    assert calling.seen(call)["available_actions"] == ["retry", "cancel"]
    calling.do(call, "retry").raise_for_status()
    calling.reported(calling.order(call, "rescheduled"), "no_fault_found")
    assert calling.reaches(call, "closed")["outcome"] == "no_fault_found"


def test_a_technician_who_goes_there_once_more_unasked_is_heard(calling: Calling) -> None:
    call, order = never_met(calling)
    calling.reported(order, "repaired_on_site")
    assert calling.reaches(call, "closed")["outcome"] == "repaired_on_site"


def test_a_call_for_which_nobody_ever_opened_may_be_taken_back(calling: Calling) -> None:
    call, _ = never_met(calling)
    calling.do(call, "cancel", reason="Nobody opens.").raise_for_status()
    calling.flow(call)
    assert calling.seen(call)["state"] == "cancelled"


def test_a_visit_called_off_leaves_the_choice_to_a_person(calling: Calling) -> None:
    call, order = calling.visited(calling.battery())
    calling.doors.api.post(f"/v1/work-orders/{order['id']}/cancel", json={"reason": "Wrong day."}).raise_for_status()
    assert calling.reaches(call, "needs_attention")["available_actions"] == ["action", "retry", "cancel"]
    calling.do(call, "action", action="advice").raise_for_status()
    calling.reaches(call, "closed")


def test_a_call_is_not_taken_back_while_a_technician_is_on_site(calling: Calling) -> None:
    call, order = calling.visited(calling.battery())
    calling.doors.api.post(f"/v1/work-orders/{order['id']}/progress", json={"step": "en_route"}).raise_for_status()
    assert calling.do(call, "cancel", reason="Too late.").status_code == 409
    calling.reported(order, "no_fault_found")
    calling.reaches(call, "closed")


def test_the_same_report_twice_is_one(calling: Calling) -> None:
    call, order = calling.visited(calling.battery())
    name = calling.doors.name("visit")
    for _ in range(2):
        calling.reported(order, "no_access", completion_id=name)
    again = calling.order(call, "rescheduled")
    calling.signal(call, {"work_order_id": order["id"], "completion_id": name})
    calling.reported(again, "repaired_on_site")
    assert calling.reaches(call, "closed")["outcome"] == "repaired_on_site"
    (seen,) = calling.seen(call)["work_orders"]
    assert (seen["state"], seen["attempt"]) == ("completed", 2)


@pytest.mark.parametrize(
    "report", ["nonsense", {"completion_id": "x"}, {"work_order_id": "wo_x", "completion_id": "x"}]
)
def test_a_report_that_means_nothing_changes_nothing(calling: Calling, report: Any) -> None:
    call, order = calling.visited(calling.battery())
    calling.signal(call, report)
    calling.reported(order, "no_fault_found")
    assert calling.reaches(call, "closed")["outcome"] == "no_fault_found"


def test_cancelling_a_call_calls_its_visit_off(calling: Calling) -> None:
    call, order = calling.visited(calling.battery())
    calling.do(call, "cancel", reason="It works again.").raise_for_status()
    calling.flow(call)
    assert calling.order(call, "cancelled")["id"] == order["id"]


def test_no_call_is_opened_for_a_customer_who_is_leaving(calling: Calling, doors: Doors) -> None:
    enrollment = calling.battery()
    leaving = {"subscription": calling.subscription(enrollment)["id"], "reason": "device_removed"}
    answer = doors.api.post("/v1/program-unenrollments", json={**leaving, "effective_date": "2036-01-01"})
    assert answer.status_code == 202, answer.text
    refused = calling.ask(enrollment, action="advice")
    assert refused.status_code == 409
    assert answer.json()["id"] in refused.json()["detail"]

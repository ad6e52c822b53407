"""Service calls for an enrolled device, except for replacements (docs/domain.md#service-call)."""

from typing import Any

import pytest

from tests.integration.clients.running_stack import RunningStack
from tests.integration.clients.service_calls import ServiceCallClient


@pytest.fixture
def calling(doors: RunningStack) -> ServiceCallClient:
    return ServiceCallClient(doors)


@pytest.fixture(scope="module")
def thermostat(running: RunningStack) -> str:
    return running.enroll()


def test_advice_closes_the_call(calling: ServiceCallClient, thermostat: str) -> None:
    call = calling.wait_for_state(calling.submit_accepted(thermostat, action="advice"), "closed")
    assert (call["outcome"], call["sync_requests"], call["work_orders"]) == ("advice_given", [], [])


def test_advice_takes_one_activity(calling: ServiceCallClient, thermostat: str) -> None:
    flow = calling.wait_for_workflow_end(calling.submit_accepted(thermostat, action="advice"))
    assert flow.raw_description.workflow_execution_info.state_transition_count <= 4
    assert flow.history_length <= 8


def test_the_action_can_be_chosen_later(calling: ServiceCallClient, thermostat: str) -> None:
    call = calling.submit_accepted(thermostat)
    waiting = calling.wait_for_state(call, "troubleshooting")
    assert waiting["available_actions"] == ["action", "cancel"]
    assert calling.post(call, "action", action="advice").status_code == 200
    assert calling.wait_for_state(call, "closed")["outcome"] == "advice_given"


def test_a_duplicate_request_is_one_call(calling: ServiceCallClient, thermostat: str) -> None:
    name = calling.stack.unique_name("same")
    first = calling.submit_accepted(thermostat, action="advice", transaction_id=name)
    assert calling.submit_accepted(thermostat, action="advice", transaction_id=name) == first
    calling.wait_for_state(first, "closed")
    assert calling.submit(thermostat, transaction_id=name).status_code == 409


def test_a_second_call_for_a_device_names_the_open_call(calling: ServiceCallClient, thermostat: str) -> None:
    call = calling.submit_accepted(thermostat)
    second = calling.submit(thermostat)
    assert second.status_code == 409
    assert call in second.json()["detail"]
    calling.post(call, "cancel", reason="A test.").raise_for_status()


def test_cancelling_a_call_ends_its_workflow(calling: ServiceCallClient, thermostat: str) -> None:
    call = calling.submit_accepted(thermostat)
    assert calling.post(call, "cancel", reason="It works again.").json()["state"] == "cancelled"
    calling.wait_for_workflow_end(call)
    assert calling.get(call)["reason"] == "It works again."


def test_the_program_decides_on_visits_to_customer_owned_devices(calling: ServiceCallClient, thermostat: str) -> None:
    refused = calling.submit(thermostat, action="work_request")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/action"


def test_a_problem_that_is_not_configured_is_refused(calling: ServiceCallClient, thermostat: str) -> None:
    refused = calling.submit(thermostat, problem={"code": "haunted"})
    assert refused.json()["errors"][0]["pointer"] == "/problem/code"


@pytest.mark.parametrize("outcome", ["repaired_on_site", "no_fault_found", "customer_refused", "not_installable"])
def test_a_visit_closes_the_call_with_its_outcome(calling: ServiceCallClient, outcome: str) -> None:
    call, order = calling.submit_with_visit(calling.enroll_battery())
    calling.post_accepted_completion(order, outcome)
    closed = calling.wait_for_state(call, "closed")
    assert (closed["outcome"], closed["sync_requests"]) == (outcome, [])


def never_met(calling: ServiceCallClient) -> tuple[str, dict[str, Any]]:
    """Open a call whose visits are exhausted; return it with its order."""
    call, order = calling.submit_with_visit(calling.enroll_battery())
    for state in ("rescheduled", "rescheduled", "incomplete"):
        calling.post_accepted_completion(order, "no_access")
        order = calling.wait_for_order(call, state)
    calling.wait_for_state(call, "needs_attention")
    return call, order


def test_exhausted_visits_park_the_call_until_one_more_is_requested(calling: ServiceCallClient) -> None:
    call, _ = never_met(calling)
    assert calling.get(call)["available_actions"] == ["retry", "cancel"]
    calling.post(call, "retry").raise_for_status()
    calling.post_accepted_completion(calling.wait_for_order(call, "rescheduled"), "no_fault_found")
    assert calling.wait_for_state(call, "closed")["outcome"] == "no_fault_found"


def test_an_unrequested_extra_visit_is_accepted(calling: ServiceCallClient) -> None:
    call, order = never_met(calling)
    calling.post_accepted_completion(order, "repaired_on_site")
    assert calling.wait_for_state(call, "closed")["outcome"] == "repaired_on_site"


def test_a_call_with_exhausted_visits_can_be_cancelled(calling: ServiceCallClient) -> None:
    call, _ = never_met(calling)
    calling.post(call, "cancel", reason="Nobody opens.").raise_for_status()
    calling.wait_for_workflow_end(call)
    assert calling.get(call)["state"] == "cancelled"


def test_a_cancelled_visit_leaves_the_choice_to_a_person(calling: ServiceCallClient) -> None:
    call, order = calling.submit_with_visit(calling.enroll_battery())
    calling.stack.api.post(f"/v1/work-orders/{order['id']}/cancel", json={"reason": "Wrong day."}).raise_for_status()
    assert calling.wait_for_state(call, "needs_attention")["available_actions"] == ["action", "retry", "cancel"]
    calling.post(call, "action", action="advice").raise_for_status()
    calling.wait_for_state(call, "closed")


def test_a_call_is_not_cancelled_while_a_technician_is_on_site(calling: ServiceCallClient) -> None:
    call, order = calling.submit_with_visit(calling.enroll_battery())
    calling.stack.api.post(f"/v1/work-orders/{order['id']}/progress", json={"step": "en_route"}).raise_for_status()
    assert calling.post(call, "cancel", reason="Too late.").status_code == 409
    calling.post_accepted_completion(order, "no_fault_found")
    calling.wait_for_state(call, "closed")


def test_a_duplicate_report_is_accepted_once(calling: ServiceCallClient) -> None:
    call, order = calling.submit_with_visit(calling.enroll_battery())
    name = calling.stack.unique_name("visit")
    for _ in range(2):
        calling.post_accepted_completion(order, "no_access", completion_id=name)
    again = calling.wait_for_order(call, "rescheduled")
    calling.signal_completion(call, {"work_order_id": order["id"], "completion_id": name})
    calling.post_accepted_completion(again, "repaired_on_site")
    assert calling.wait_for_state(call, "closed")["outcome"] == "repaired_on_site"
    (seen,) = calling.get(call)["work_orders"]
    assert (seen["state"], seen["attempt"]) == ("completed", 2)


@pytest.mark.parametrize(
    "report", ["nonsense", {"completion_id": "x"}, {"work_order_id": "wo_x", "completion_id": "x"}]
)
def test_a_meaningless_report_changes_nothing(calling: ServiceCallClient, report: Any) -> None:
    call, order = calling.submit_with_visit(calling.enroll_battery())
    calling.signal_completion(call, report)
    calling.post_accepted_completion(order, "no_fault_found")
    assert calling.wait_for_state(call, "closed")["outcome"] == "no_fault_found"


def test_cancelling_a_call_cancels_its_visit(calling: ServiceCallClient) -> None:
    call, order = calling.submit_with_visit(calling.enroll_battery())
    calling.post(call, "cancel", reason="It works again.").raise_for_status()
    calling.wait_for_workflow_end(call)
    assert calling.wait_for_order(call, "cancelled")["id"] == order["id"]


def test_no_call_is_opened_during_an_unenrollment(calling: ServiceCallClient, doors: RunningStack) -> None:
    enrollment = calling.enroll_battery()
    leaving = {"subscription": calling.get_subscription(enrollment)["id"], "reason": "device_removed"}
    answer = doors.api.post("/v1/program-unenrollments", json={**leaving, "effective_date": "2036-01-01"})
    assert answer.status_code == 202, answer.text
    refused = calling.submit(enrollment, action="advice")
    assert refused.status_code == 409
    assert answer.json()["id"] in refused.json()["detail"]

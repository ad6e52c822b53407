"""Service calls for an enrolled device, except for replacements (docs/domain.md#service-call)."""

from typing import Any

import pytest

from tests.integration.clients.running_stack import RunningStack
from tests.integration.clients.service_calls import ServiceCallClient


@pytest.fixture
def service_calls(stack: RunningStack) -> ServiceCallClient:
    return ServiceCallClient(stack)


@pytest.fixture(scope="module")
def thermostat(running: RunningStack) -> str:
    return running.enroll()


def test_advice_closes_the_call(service_calls: ServiceCallClient, thermostat: str) -> None:
    call = service_calls.wait_for_state(service_calls.submit_accepted(thermostat, action="advice"), "closed")
    assert (call["outcome"], call["sync_requests"], call["work_orders"]) == ("advice_given", [], [])


def test_advice_takes_one_activity(service_calls: ServiceCallClient, thermostat: str) -> None:
    description = service_calls.wait_for_workflow_end(service_calls.submit_accepted(thermostat, action="advice"))
    assert description.raw_description.workflow_execution_info.state_transition_count <= 4
    assert description.history_length <= 8


def test_the_action_can_be_chosen_later(service_calls: ServiceCallClient, thermostat: str) -> None:
    call = service_calls.submit_accepted(thermostat)
    waiting = service_calls.wait_for_state(call, "troubleshooting")
    assert waiting["available_actions"] == ["action", "cancel"]
    assert service_calls.post(call, "action", action="advice").status_code == 200
    assert service_calls.wait_for_state(call, "closed")["outcome"] == "advice_given"


def test_a_duplicate_request_is_one_call(service_calls: ServiceCallClient, thermostat: str) -> None:
    name = service_calls.stack.unique_name("same")
    first = service_calls.submit_accepted(thermostat, action="advice", transaction_id=name)
    assert service_calls.submit_accepted(thermostat, action="advice", transaction_id=name) == first
    service_calls.wait_for_state(first, "closed")
    assert service_calls.submit(thermostat, transaction_id=name).status_code == 409


def test_a_key_and_a_transaction_id_of_two_calls_conflict(service_calls: ServiceCallClient, thermostat: str) -> None:
    key, name = service_calls.stack.unique_name("key"), service_calls.stack.unique_name("same")
    service_calls.wait_for_state(service_calls.submit(thermostat, key, action="advice").json()["id"], "closed")
    first = service_calls.submit_accepted(thermostat, action="advice", transaction_id=name)
    service_calls.wait_for_state(first, "closed")
    answer = service_calls.submit(thermostat, key, action="advice", transaction_id=name)
    assert answer.status_code == 409
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/transaction_id", "header/Idempotency-Key"]


def test_a_second_call_for_a_device_names_the_open_call(service_calls: ServiceCallClient, thermostat: str) -> None:
    call = service_calls.submit_accepted(thermostat)
    second = service_calls.submit(thermostat)
    assert second.status_code == 409
    assert call in second.json()["detail"]
    service_calls.post(call, "cancel", reason="A test.").raise_for_status()


def test_cancelling_a_call_ends_its_workflow(service_calls: ServiceCallClient, thermostat: str) -> None:
    call = service_calls.submit_accepted(thermostat)
    assert service_calls.post(call, "cancel", reason="It works again.").json()["state"] == "cancelled"
    service_calls.wait_for_workflow_end(call)
    assert service_calls.get(call)["reason"] == "It works again."


def test_the_program_decides_on_visits_to_customer_owned_devices(
    service_calls: ServiceCallClient, thermostat: str
) -> None:
    refused = service_calls.submit(thermostat, action="work_request")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/action"


def test_a_problem_that_is_not_configured_is_refused(service_calls: ServiceCallClient, thermostat: str) -> None:
    refused = service_calls.submit(thermostat, problem={"code": "haunted"})
    assert refused.json()["errors"][0]["pointer"] == "/problem/code"


@pytest.mark.parametrize("outcome", ["repaired_on_site", "no_fault_found", "customer_refused", "not_installable"])
def test_a_visit_closes_the_call_with_its_outcome(service_calls: ServiceCallClient, outcome: str) -> None:
    call, order = service_calls.submit_with_visit(service_calls.enroll_battery())
    service_calls.post_accepted_completion(order, outcome)
    closed = service_calls.wait_for_state(call, "closed")
    assert (closed["outcome"], closed["sync_requests"]) == (outcome, [])


def never_met(service_calls: ServiceCallClient) -> tuple[str, dict[str, Any]]:
    """Open a call whose visits are exhausted; return it with its order."""
    call, order = service_calls.submit_with_visit(service_calls.enroll_battery())
    for state in ("rescheduled", "rescheduled", "incomplete"):
        service_calls.post_accepted_completion(order, "no_access")
        order = service_calls.wait_for_order(call, state)
    service_calls.wait_for_state(call, "needs_attention")
    return call, order


def test_exhausted_visits_park_the_call_until_one_more_is_requested(service_calls: ServiceCallClient) -> None:
    call, _ = never_met(service_calls)
    assert service_calls.get(call)["available_actions"] == ["retry", "cancel"]
    service_calls.post(call, "retry").raise_for_status()
    service_calls.post_accepted_completion(service_calls.wait_for_order(call, "rescheduled"), "no_fault_found")
    assert service_calls.wait_for_state(call, "closed")["outcome"] == "no_fault_found"


def test_an_unrequested_extra_visit_is_accepted(service_calls: ServiceCallClient) -> None:
    call, order = never_met(service_calls)
    service_calls.post_accepted_completion(order, "repaired_on_site")
    assert service_calls.wait_for_state(call, "closed")["outcome"] == "repaired_on_site"


def test_a_call_with_exhausted_visits_can_be_cancelled(service_calls: ServiceCallClient) -> None:
    call, _ = never_met(service_calls)
    service_calls.post(call, "cancel", reason="Nobody opens.").raise_for_status()
    service_calls.wait_for_workflow_end(call)
    assert service_calls.get(call)["state"] == "cancelled"


def test_a_cancelled_visit_leaves_the_choice_to_a_person(service_calls: ServiceCallClient) -> None:
    call, order = service_calls.submit_with_visit(service_calls.enroll_battery())
    service_calls.stack.api.post(
        f"/v1/work-orders/{order['id']}/cancel", json={"reason": "Wrong day."}
    ).raise_for_status()
    assert service_calls.wait_for_state(call, "needs_attention")["available_actions"] == ["action", "retry", "cancel"]
    service_calls.post(call, "action", action="advice").raise_for_status()
    service_calls.wait_for_state(call, "closed")


def test_a_call_is_not_cancelled_while_a_technician_is_on_site(service_calls: ServiceCallClient) -> None:
    call, order = service_calls.submit_with_visit(service_calls.enroll_battery())
    service_calls.stack.api.post(
        f"/v1/work-orders/{order['id']}/progress", json={"step": "en_route"}
    ).raise_for_status()
    assert service_calls.post(call, "cancel", reason="Too late.").status_code == 409
    service_calls.post_accepted_completion(order, "no_fault_found")
    service_calls.wait_for_state(call, "closed")


def test_a_duplicate_report_is_accepted_once(service_calls: ServiceCallClient) -> None:
    call, order = service_calls.submit_with_visit(service_calls.enroll_battery())
    name = service_calls.stack.unique_name("visit")
    for _ in range(2):
        service_calls.post_accepted_completion(order, "no_access", completion_id=name)
    again = service_calls.wait_for_order(call, "rescheduled")
    service_calls.signal_completion(call, {"work_order_id": order["id"], "completion_id": name})
    service_calls.post_accepted_completion(again, "repaired_on_site")
    assert service_calls.wait_for_state(call, "closed")["outcome"] == "repaired_on_site"
    (view,) = service_calls.get(call)["work_orders"]
    assert (view["state"], view["attempt"]) == ("completed", 2)


@pytest.mark.parametrize(
    "report", ["nonsense", {"completion_id": "x"}, {"work_order_id": "wo_x", "completion_id": "x"}]
)
def test_a_meaningless_report_changes_nothing(service_calls: ServiceCallClient, report: Any) -> None:
    call, order = service_calls.submit_with_visit(service_calls.enroll_battery())
    service_calls.signal_completion(call, report)
    service_calls.post_accepted_completion(order, "no_fault_found")
    assert service_calls.wait_for_state(call, "closed")["outcome"] == "no_fault_found"


def test_cancelling_a_call_cancels_its_visit(service_calls: ServiceCallClient) -> None:
    call, order = service_calls.submit_with_visit(service_calls.enroll_battery())
    service_calls.post(call, "cancel", reason="It works again.").raise_for_status()
    service_calls.wait_for_workflow_end(call)
    assert service_calls.wait_for_order(call, "cancelled")["id"] == order["id"]


def test_no_call_is_opened_during_an_unenrollment(service_calls: ServiceCallClient, stack: RunningStack) -> None:
    enrollment = service_calls.enroll_battery()
    unenrollments = {"subscription": service_calls.get_subscription(enrollment)["id"], "reason": "device_removed"}
    response = stack.api.post("/v1/program-unenrollments", json={**unenrollments, "effective_date": "2036-01-01"})
    assert response.status_code == 202, response.text
    refused = service_calls.submit(enrollment, action="advice")
    assert refused.status_code == 409
    assert response.json()["id"] in refused.json()["detail"]

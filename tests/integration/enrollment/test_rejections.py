"""An ineligible request is rejected with every failed rule, and reserves nothing."""

from typing import Any

import pytest

from tests.integration.clients.running_stack import RunningStack

CASES: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "interval_meter": ({"meter_type": "manual"}, {}),
    "not_critical": ({"critical": "true"}, {}),
    "account_active": ({"account_status": "closed"}, {}),
    "customer_class": ({"customer_class": "large_commercial", "owner_occupied": "true"}, {}),
    "terms_accepted": ({}, {"terms": None}),
    "device_count": ({}, {"devices": []}),
    "specification_accepted": ({}, {"devices": [{"specification": "tesla-powerwall-3", "serial_number": "X-1"}]}),
    "start_within": ({}, {"start_date": "2099-01-01"}),
    "offered": ({}, {"installation_method": "utility_installation"}),
}


def _failed(decision: dict[str, Any]) -> set[str]:
    return {one["rule"] for one in decision["findings"] if one["verdict"] == "failed"}


@pytest.mark.parametrize("rule", CASES)
def test_a_failed_rule_is_named(stack: RunningStack, rule: str) -> None:
    wanted, changes = CASES[rule]
    view = stack.wait_for_enrollment(
        stack.submit_accepted(stack.build_application(stack.customers.take(**wanted), **changes)), "rejected"
    )
    assert rule in _failed(view["decision"])
    finding = next(one for one in view["decision"]["findings"] if one["rule"] == rule)
    assert finding["reason"]
    assert (view["subscription"], view["sync_requests"]) == (None, [])


def test_all_failed_rules_are_reported_together(stack: RunningStack) -> None:
    who = stack.customers.take(meter_type="manual")
    view = stack.wait_for_enrollment(
        stack.submit_accepted(stack.build_application(who, terms=None, devices=[])), "rejected"
    )
    assert {"interval_meter", "terms_accepted", "device_count"} <= _failed(view["decision"])


def test_the_list_shows_the_failed_rules(stack: RunningStack) -> None:
    enrollment = stack.submit_accepted(stack.build_application(terms=None))
    view = stack.wait_for_enrollment(enrollment, "rejected")
    response = stack.api.get("/v1/program-enrollments", params={"transaction_id": view["transaction_id"]})
    (listed,) = response.raise_for_status().json()["items"]
    (failed,) = [one["reason"] for one in view["decision"]["findings"] if one["verdict"] == "failed"]
    assert (listed["reason"], view["reason"]) == (failed, failed)


def test_a_rejected_workflow_ends(stack: RunningStack) -> None:
    enrollment = stack.submit_accepted(stack.build_application(terms=None))
    stack.wait_for_enrollment(enrollment, "rejected")
    response = stack.api.post(f"/v1/program-enrollments/{enrollment}/cancel", json={"reason": "no more"})
    assert (response.status_code, response.json()["type"].split("#")[1]) == (409, "illegal-transition")


def test_a_second_enrollment_of_a_service_point_is_rejected(stack: RunningStack) -> None:
    who = stack.customers.take()
    enrollment = stack.submit_accepted(stack.build_application(who))
    stack.wait_for_sync_request(enrollment, "synchronized")
    view = stack.wait_for_enrollment(stack.submit_accepted(stack.build_application(who)), "rejected")
    assert "not_subscribed" in _failed(view["decision"])


def test_a_serial_number_of_another_customer_is_rejected(stack: RunningStack) -> None:
    first = stack.build_application()
    stack.wait_for_sync_request(stack.submit_accepted(first), "synchronized")
    disguised = {**first["devices"][0], "serial_number": first["devices"][0]["serial_number"].lower().replace("-", ":")}
    view = stack.wait_for_enrollment(stack.submit_accepted(stack.build_application(devices=[disguised])), "rejected")
    assert _failed(view["decision"]) == {"serial_free"}


@pytest.mark.parametrize("wanted", [{}, {"meter_type": "manual"}, {"critical": "true"}])
def test_eligible_programs_predict_the_decision(stack: RunningStack, wanted: dict[str, str]) -> None:
    who = stack.customers.take(**wanted)
    (customer,) = stack.api.get("/v1/customers", params={"q": who["cis_account_id"]}).json()["items"]
    places = stack.api.get(
        f"/v1/customers/{customer['id']}/eligible-programs", params={"service_point": who["cis_service_point_id"]}
    ).json()["items"]
    program = next(one for one in places[0]["programs"] if one["program"] == "TSTAT-DR")
    enrollment = stack.submit_accepted(stack.build_application(who))
    decision = stack.wait_for_enrollment(enrollment, "rejected" if wanted else "enrolled")["decision"]
    said = {one["rule"]: one for one in program["findings"] if one["verdict"] != "open"}
    decided = {one["rule"]: one for one in decision["findings"]}
    assert said == {rule: decided[rule] for rule in said}
    assert program["outcome"] == decision["outcome"]
    assert set(decided) == {one["rule"] for one in program["findings"]}

"""A customer's own device, from the request to a synchronized grid resource (docs/domain.md#enroll)."""

import time
from itertools import pairwise

import pytest

from tests.integration.clients.cis_records import build_cis_record
from tests.integration.clients.running_stack import RunningStack
from tests.waiting import wait_for

COUNTED = 20
STATEMENTS_EACH = 24
"""Statements of API and worker together, as counted: submit 4, accept 5, send 5, receive the acknowledgement 3, record
it 6; and a share of those that serve many requests at once."""
IDLE_EACH_SECOND = 2


@pytest.fixture(scope="module")
def customer(running: RunningStack) -> dict[str, str]:
    return running.customers.take()


@pytest.fixture(scope="module")
def enrollment(running: RunningStack, customer: dict[str, str]) -> str:
    enrollment = running.submit_accepted(running.build_application(customer))
    running.wait_for_sync_request(enrollment, "synchronized")
    return enrollment


def test_the_request_is_accepted_immediately(stack: RunningStack) -> None:
    response = stack.submit(stack.build_application())
    assert response.status_code == 202
    assert response.json()["state"] == "submitted"
    assert (
        response.headers["location"]
        == response.json()["links"]["self"]
        == f"/v1/program-enrollments/{response.json()['id']}"
    )


def test_it_ends_enrolled_and_controllable(stack: RunningStack, enrollment: str) -> None:
    view = stack.get_enrollment(enrollment)
    assert (view["state"], view["subscription"]["state"]) == ("enrolled", "active")
    (device,) = view["subscription"]["devices"]
    assert (device["registration"], device["controllable"]) == ("registered", True)


def test_the_derms_holds_the_device_at_its_location(
    stack: RunningStack, customer: dict[str, str], enrollment: str
) -> None:
    (device,) = stack.get_enrollment(enrollment)["subscription"]["devices"]
    (held,) = stack.search_derms(device["serial_number"])
    assert (held["device"]["device_id"], held["state"]) == (device["id"], "enrolled")
    assert (held["feeder"], held["customer"]["account"]) == (customer["feeder"], customer["cis_account_id"])


@pytest.mark.parametrize(
    "name",
    [
        "=HYPERLINK(1)",
        'O\'Brien; DROP TABLE "customer"',
        "\u0623\u062d\u0645\u062f \u05d3\u05d5\u05d3",
        "\U0001f50b Battery & Sons",
        "\u795e\u8c37" * 60,
    ],
)
def test_the_derms_receives_names_unchanged(stack: RunningStack, name: str) -> None:
    who = stack.customers.take()
    stack.api.put("/v1/customers", json={"customers": [build_cis_record(who, name=name)]}).raise_for_status()
    enrollment = stack.submit_accepted(stack.build_application(who))
    stack.wait_for_sync_request(enrollment, "synchronized")
    (held,) = stack.search_derms(stack.get_enrollment(enrollment)["subscription"]["number"])
    assert held["customer"]["name"] == name


def test_the_decision_names_every_rule(stack: RunningStack, enrollment: str) -> None:
    decision = stack.get_enrollment(enrollment)["decision"]
    assert decision["outcome"] == "accepted"
    assert {"account_active", "serial_free", "capacity", "interval_meter"} <= {
        one["rule"] for one in decision["findings"]
    }
    assert {one["verdict"] for one in decision["findings"]} == {"passed"}
    assert all(one["reason"] for one in decision["findings"])


def test_the_timeline_lists_each_step_in_order(stack: RunningStack, enrollment: str) -> None:
    timeline = stack.get_enrollment(enrollment)["timeline"]
    states = [one["state"] for one in timeline if one["subject"] == enrollment and one["state"]]
    assert states == ["validating", "accepted", "device_setup", "completing", "enrolled"]
    assert all(earlier["at"] <= later["at"] for earlier, later in pairwise(timeline))
    assert timeline[-1]["state"] in ("registered", "synchronized")


def test_every_link_resolves(stack: RunningStack, enrollment: str) -> None:
    links = stack.get_enrollment(enrollment)["links"]
    assert stack.api.get(links["self"]).status_code == 200
    assert stack.api.post(links["cancel"], json={"reason": "too late"}).status_code == 409
    assert links["temporal_ui"].startswith(stack.description["temporal_ui_url"])
    assert stack.api.get(links["temporal_ui"]).status_code == 200


def test_temporal_search_attributes_hold_no_personal_data(
    stack: RunningStack, customer: dict[str, str], enrollment: str
) -> None:
    description = stack.describe_enroll_workflow(enrollment)
    found = {pair.key.name: pair.value for pair in description.typed_search_attributes}
    found.pop("BuildIds", None)
    assert found == {"AccountId": customer["cis_account_id"], "Program": "TSTAT-DR", "Stage": "synchronized"}
    assert customer["name"] not in str(description.raw_description)


def test_an_enrollment_takes_a_fixed_number_of_statements(stack: RunningStack) -> None:
    applications = [stack.build_application() for _ in range(COUNTED)]
    began, before = time.monotonic(), stack.count_statements()
    enrollments = [stack.submit_accepted(application) for application in applications]
    ready = "SELECT count(*) = $2 FROM sync_request WHERE enrollment_id = ANY($1) AND state = 'synchronized'"
    wait_for(lambda: stack.database.value(ready, enrollments, COUNTED))
    spent = stack.count_statements() - before - IDLE_EACH_SECOND * (time.monotonic() - began)
    assert spent / COUNTED <= STATEMENTS_EACH

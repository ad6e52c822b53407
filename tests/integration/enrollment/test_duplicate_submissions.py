"""One request is one enrollment, however often and however fast it is sent (docs/domain.md#enroll)."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.clients.cis_records import build_cis_record
from tests.integration.clients.running_stack import RunningStack

SENDERS = 8


def test_a_repeated_request_gets_the_same_answer(stack: RunningStack) -> None:
    application = stack.build_application()
    first, again = stack.submit(application), stack.submit(application)
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json()["id"] == first.json()["id"]
    assert again.headers["location"] == first.headers["location"]


def test_a_transaction_id_with_different_content_is_a_conflict(stack: RunningStack) -> None:
    application = stack.build_application()
    stack.submit_accepted(application)
    response = stack.submit({**application, "start_date": "2026-12-24"})
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (409, "/transaction_id")
    assert response.json()["type"].endswith("#content-mismatch")


def test_a_repeated_request_gets_the_same_answer_after_a_move_in(stack: RunningStack) -> None:
    customer = stack.customers.take()
    application = stack.build_application(customer)
    first = stack.submit_accepted(application)
    stranger = {
        "cis_person_id": stack.unique_name("P"),
        "cis_account_id": stack.unique_name("A"),
        "name": "Who moves in",
    }
    stack.api.put("/v1/customers", json={"customers": [build_cis_record(customer, **stranger)]}).raise_for_status()
    assert stack.submit_accepted(application) == first
    refused = stack.submit({**application, "start_date": "2026-12-24"})
    assert (refused.status_code, refused.json()["type"].rpartition("#")[2]) == (409, "content-mismatch")


def test_a_repeated_idempotency_key_gets_the_same_answer(stack: RunningStack) -> None:
    application, key = stack.build_application(), stack.unique_name("key")
    first = stack.submit(application, **{"Idempotency-Key": key})
    assert stack.submit(application, **{"Idempotency-Key": key}).json()["id"] == first.json()["id"]


def test_an_idempotency_key_belongs_to_one_request(stack: RunningStack) -> None:
    application, key = stack.build_application(), stack.unique_name("key")
    stack.submit(application, **{"Idempotency-Key": key}).raise_for_status()
    other = {**application, "transaction_id": stack.unique_name()}
    assert stack.submit(other, **{"Idempotency-Key": key}).status_code == 409


def test_a_key_and_a_transaction_of_two_requests_do_not_mix(stack: RunningStack) -> None:
    one, other, key = stack.build_application(), stack.build_application(), stack.unique_name("key")
    stack.submit(one, **{"Idempotency-Key": key}).raise_for_status()
    stack.submit_accepted(other)
    assert stack.submit(other, **{"Idempotency-Key": key}).status_code == 409


def test_simultaneous_duplicates_are_one_enrollment(stack: RunningStack) -> None:
    application = stack.build_application()
    with ThreadPoolExecutor(SENDERS) as senders:
        answers = list(senders.map(stack.submit, [application] * SENDERS))
    assert {response.status_code for response in answers} == {202}
    assert len({response.json()["id"] for response in answers}) == 1
    count = "SELECT count(*) FROM enrollment WHERE transaction_id = $1"
    assert stack.database.value(count, application["transaction_id"]) == 1


@pytest.mark.parametrize(
    ("field", "value"), [("account", "A-0"), ("service_point", "SP-0"), ("program", "NO-SUCH-PROGRAM")]
)
def test_unknown_references_are_named(stack: RunningStack, field: str, value: str) -> None:
    response = stack.submit({**stack.build_application(), field: value})
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    assert f"/{field}" in [one["pointer"] for one in response.json()["errors"]]


def test_a_service_point_of_another_account_is_refused(stack: RunningStack) -> None:
    other = stack.customers.take()["cis_service_point_id"]
    response = stack.submit(stack.build_application(service_point=other))
    assert response.status_code == 422
    assert response.json()["errors"] == [
        {"pointer": "/service_point", "detail": "the service point belongs to another account"}
    ]

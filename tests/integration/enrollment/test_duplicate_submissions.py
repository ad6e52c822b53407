"""One request is one enrollment, however often and however fast it is sent (docs/domain.md#enroll)."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.clients.cis_records import build_cis_record
from tests.integration.clients.running_stack import RunningStack

SENDERS = 8


def test_a_repeated_request_gets_the_same_answer(doors: RunningStack) -> None:
    application = doors.build_application()
    first, again = doors.submit(application), doors.submit(application)
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json()["id"] == first.json()["id"]
    assert again.headers["location"] == first.headers["location"]


def test_a_transaction_id_with_different_content_is_a_conflict(doors: RunningStack) -> None:
    application = doors.build_application()
    doors.submit_accepted(application)
    answer = doors.submit({**application, "start_date": "2026-12-24"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (409, "/transaction_id")
    assert answer.json()["type"].endswith("#content-mismatch")


def test_a_repeated_request_gets_the_same_answer_after_a_move_in(doors: RunningStack) -> None:
    who = doors.customers.take()
    application = doors.build_application(who)
    first = doors.submit_accepted(application)
    stranger = {
        "cis_person_id": doors.unique_name("P"),
        "cis_account_id": doors.unique_name("A"),
        "name": "Who moves in",
    }
    doors.api.put("/v1/customers", json={"customers": [build_cis_record(who, **stranger)]}).raise_for_status()
    assert doors.submit_accepted(application) == first
    refused = doors.submit({**application, "start_date": "2026-12-24"})
    assert (refused.status_code, refused.json()["type"].rpartition("#")[2]) == (409, "content-mismatch")


def test_a_repeated_idempotency_key_gets_the_same_answer(doors: RunningStack) -> None:
    application, key = doors.build_application(), doors.unique_name("key")
    first = doors.submit(application, **{"Idempotency-Key": key})
    assert doors.submit(application, **{"Idempotency-Key": key}).json()["id"] == first.json()["id"]


def test_an_idempotency_key_belongs_to_one_request(doors: RunningStack) -> None:
    application, key = doors.build_application(), doors.unique_name("key")
    doors.submit(application, **{"Idempotency-Key": key}).raise_for_status()
    other = {**application, "transaction_id": doors.unique_name()}
    assert doors.submit(other, **{"Idempotency-Key": key}).status_code == 409


def test_a_key_and_a_transaction_of_two_requests_do_not_mix(doors: RunningStack) -> None:
    one, other, key = doors.build_application(), doors.build_application(), doors.unique_name("key")
    doors.submit(one, **{"Idempotency-Key": key}).raise_for_status()
    doors.submit_accepted(other)
    assert doors.submit(other, **{"Idempotency-Key": key}).status_code == 409


def test_simultaneous_duplicates_are_one_enrollment(doors: RunningStack) -> None:
    application = doors.build_application()
    with ThreadPoolExecutor(SENDERS) as senders:
        answers = list(senders.map(doors.submit, [application] * SENDERS))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    count = "SELECT count(*) FROM enrollment WHERE transaction_id = $1"
    assert doors.database.value(count, application["transaction_id"]) == 1


@pytest.mark.parametrize(
    ("field", "value"), [("account", "A-0"), ("service_point", "SP-0"), ("program", "NO-SUCH-PROGRAM")]
)
def test_unknown_references_are_named(doors: RunningStack, field: str, value: str) -> None:
    answer = doors.submit({**doors.build_application(), field: value})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert f"/{field}" in [one["pointer"] for one in answer.json()["errors"]]


def test_a_service_point_of_another_account_is_refused(doors: RunningStack) -> None:
    other = doors.customers.take()["cis_service_point_id"]
    answer = doors.submit(doors.build_application(service_point=other))
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"pointer": "/service_point", "detail": "the service point belongs to another account"}
    ]

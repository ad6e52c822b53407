"""Which CIS records are accepted, and why others are refused."""

from typing import Any

import pytest

from rules.cis_records import validate_records
from wording.findings.cis_records import describe_row_errors, no_record_accepted

RECORD: dict[str, Any] = {
    "cis_person_id": "P-1",
    "name": "Maria Lindgren",
    "cis_account_id": "A-1",
    "cis_premise_id": "PR-1",
    "address_line_1": "1 Elm Street",
    "city": "Cedar",
    "region": "IA",
    "postal_code": "52401",
    "country": "US",
    "time_zone": "America/Chicago",
    "premise_type": "single_family",
    "owner_occupied": True,
    "cis_service_point_id": "SP-1",
    "customer_class": "residential",
    "tariff": "RES",
    "meter_type": "ami",
    "effective_from": "2020-01-01",
}
OTHER = {**RECORD, **{key: f"{RECORD[key]}-other" for key in RECORD if key.startswith("cis_")}}


def test_repeated_equal_records_are_accepted() -> None:
    second_point = {**RECORD, "cis_service_point_id": "SP-2", "tariff": "EV"}
    taken, faults = validate_records([RECORD, RECORD, second_point])
    assert (list(taken), faults) == ([0, 1, 2], [])


@pytest.mark.parametrize(
    ("changed", "field", "key"),
    [
        ({"tariff": "EV"}, "tariff", "cis_service_point_id"),
        ({"city": "Elm"}, "city", "cis_premise_id"),
        ({"account_status": "closed"}, "account_status", "cis_account_id"),
        ({"name": "Nora Lind", "cis_service_point_id": "SP-2"}, "name", "cis_person_id"),
        ({"cis_person_id": "P-2"}, "cis_person_id", "cis_account_id"),
    ],
)
def test_contradictory_records_are_all_refused_with_references(changed: dict[str, str], field: str, key: str) -> None:
    taken, faults = validate_records([RECORD, OTHER, {**RECORD, **changed}])
    assert list(taken) == [1]
    assert [(fault.position, fault.field) for fault in faults] == [(0, field), (2, field)]
    reasons = [problem.reason for problem in describe_row_errors(faults)]
    assert all(f"records 0, 2 of the request contradict each other about {key}" in reason for reason in reasons)


def test_an_unreadable_record_contradicts_no_other() -> None:
    taken, faults = validate_records([RECORD, {**RECORD, "tariff": "EV", "country": "us"}])
    assert list(taken) == [0]
    assert [(fault.position, fault.field) for fault in faults] == [(1, "country")]
    assert "two letters" in describe_row_errors(faults)[0].reason


@pytest.mark.parametrize(
    "rows", [[{}], [{**RECORD, "effective_to": "2019-01-01"}], [RECORD, {**RECORD, "tariff": "EV"}]]
)
def test_a_request_without_a_valid_record_is_refused(rows: list[dict[str, Any]]) -> None:
    taken, faults = validate_records(rows)
    refused = no_record_accepted(len(rows), describe_row_errors(faults))
    assert taken == {}
    assert refused.code == "no-record-taken"
    assert {fault.pointer.split("/")[2] for fault in refused.pointers} == {str(at) for at in range(len(rows))}
    assert not any(fault.pointer.endswith("/") for fault in refused.pointers)

"""`gridenroll customers import FILE`: files with CIS customers, whose good lines are imported and bad lines
reported."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.clients.command_line import CommandLine
from tests.integration.clients.running_stack import RunningStack


def _rows(stack: RunningStack, *names: str, **changes: str) -> list[dict[str, str]]:
    model = stack.customers.take()
    keys = ("cis_person_id", "cis_account_id", "cis_premise_id", "cis_service_point_id")
    return [{**model, **{key: stack.unique_name("N") for key in keys}, "name": name, **changes} for name in names]


def _csv(rows: list[dict[str, str]], newline: str = "\n") -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0], lineterminator=newline)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _import(stack: RunningStack, folder: Path, content: bytes) -> tuple[int, dict[str, Any], str]:
    file = folder / "customers.csv"
    file.write_bytes(content)
    done = CommandLine(stack).run("customers", "import", str(file), "--json")
    return done.exit_code, json.loads(done.stdout) if done.stdout.strip() else {}, done.stderr


def _name(stack: RunningStack, row: dict[str, str]) -> str | None:
    return stack.database.value("SELECT name FROM customer WHERE cis_person_id = $1", row["cis_person_id"])


NAMES = (
    "=HYPERLINK(1)",
    "+1 Energy",
    "@home",
    "-Dash",
    "O'Brien; DROP TABLE",
    "\U0001f50b Battery",
    "\u0623\u062d\u0645\u062f",
)


@pytest.mark.parametrize(("encoding", "newline"), [("utf-8", "\n"), ("utf-8-sig", "\r\n")])
def test_names_are_kept_as_they_are(stack: RunningStack, tmp_path: Path, encoding: str, newline: str) -> None:
    rows = _rows(stack, *NAMES)
    code, response, _ = _import(stack, tmp_path, _csv(rows, newline).encode(encoding))
    assert (code, response["taken"], response["errors"]) == (0, len(NAMES), [])
    assert tuple(_name(stack, row) for row in rows) == NAMES


def test_a_file_in_another_encoding_is_refused_whole(stack: RunningStack, tmp_path: Path) -> None:
    rows = _rows(stack, "Ren\u00e9e")
    code, _, words = _import(stack, tmp_path, _csv(rows).encode("latin-1"))
    assert code != 0
    assert "UTF-8" in words
    assert _name(stack, rows[0]) is None


def test_a_file_without_lines_is_fine(stack: RunningStack, tmp_path: Path) -> None:
    code, response, _ = _import(stack, tmp_path, _csv(_rows(stack, "x")).splitlines()[0].encode())
    assert (code, response["received"], response["errors"]) == (0, 0, [])


def test_bad_lines_are_reported_and_good_lines_imported(stack: RunningStack, tmp_path: Path) -> None:
    rows = _rows(stack, "Good", "Bad zone", "Also good")
    rows[1]["time_zone"] = "Mars/Olympus"
    code, response, _ = _import(stack, tmp_path, _csv(rows).encode())
    assert (code, response["received"], response["taken"]) == (1, 3, 2)
    (fault,) = response["errors"]
    assert (fault["line"], fault["field"]) == (3, "time_zone")
    assert "time zone" in fault["reason"]
    assert [_name(stack, row) for row in rows] == ["Good", None, "Also good"]


def test_a_repeated_import_changes_nothing(stack: RunningStack) -> None:
    records = [{key: value for key, value in row.items() if value} for row in _rows(stack, "One", "Two")]
    first, again = (stack.api.put("/v1/customers", json={"customers": records}).json() for _ in range(2))
    assert (first["created"], first["updated"], again["created"], again["updated"]) == (8, 0, 0, 0)


def test_a_request_without_a_valid_record_fails(stack: RunningStack) -> None:
    (row,) = _rows(stack, "Nobody")
    record = {key: value for key, value in row.items() if value}
    response = stack.api.put(
        "/v1/customers", json={"customers": [{**record, "country": "us"}, {**record, "tariff": ""}]}
    )
    assert (response.status_code, response.json()["type"].rpartition("#")[2]) == (422, "no-record-taken")
    assert [one["pointer"] for one in response.json()["errors"]] == ["/customers/0/country", "/customers/1/tariff"]


def test_a_file_without_a_valid_line_is_reported_line_by_line(stack: RunningStack, tmp_path: Path) -> None:
    rows = _rows(stack, "One", "Two", country="us")
    code, response, _ = _import(stack, tmp_path, _csv(rows).encode())
    assert (code, response["received"], response["taken"]) == (1, 2, 0)
    assert [(fault["line"], fault["field"]) for fault in response["errors"]] == [(2, "country"), (3, "country")]


def test_contradictory_lines_are_both_refused(stack: RunningStack, tmp_path: Path) -> None:
    rows = _rows(stack, "Good", "Odd")
    code, response, _ = _import(stack, tmp_path, _csv([rows[0], rows[1], {**rows[1], "phase_count": "3"}]).encode())
    assert (code, response["received"], response["taken"]) == (1, 3, 1)
    assert [(fault["line"], fault["field"]) for fault in response["errors"]] == [(3, "phase_count"), (4, "phase_count")]
    assert [_name(stack, row) for row in rows] == ["Good", None]


def test_a_change_is_imported(stack: RunningStack) -> None:
    (row,) = _rows(stack, "Before")
    record = {key: value for key, value in row.items() if value}
    for name in ("Before", "After"):
        response = stack.api.put("/v1/customers", json={"customers": [{**record, "name": name}]}).json()
    assert (response["created"], response["updated"], _name(stack, row)) == (0, 1, "After")


def test_five_hundred_customers_take_a_few_dozen_statements(stack: RunningStack) -> None:
    """`make bench` measures the time; this test counts that it is not one statement for each customer."""
    count = 500
    (model,) = _rows(stack, "Many")
    prefix, keys = stack.unique_name("M"), ("cis_person_id", "cis_account_id", "cis_premise_id", "cis_service_point_id")
    record = {key: value for key, value in model.items() if value}
    records = [{**record, **dict.fromkeys(keys, f"{prefix}-{number}")} for number in range(count)]
    before = stack.count_statements()
    response = stack.api.put("/v1/customers", json={"customers": records}).raise_for_status().json()
    assert response["taken"] == count
    assert stack.count_statements() - before < 100

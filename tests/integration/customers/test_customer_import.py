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


def _rows(doors: RunningStack, *names: str, **changes: str) -> list[dict[str, str]]:
    model = doors.customers.take()
    keys = ("cis_person_id", "cis_account_id", "cis_premise_id", "cis_service_point_id")
    return [{**model, **{key: doors.unique_name("N") for key in keys}, "name": name, **changes} for name in names]


def _csv(rows: list[dict[str, str]], newline: str = "\n") -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0], lineterminator=newline)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _import(doors: RunningStack, folder: Path, content: bytes) -> tuple[int, dict[str, Any], str]:
    file = folder / "customers.csv"
    file.write_bytes(content)
    done = CommandLine(doors).run("customers", "import", str(file), "--json")
    return done.exit_code, json.loads(done.stdout) if done.stdout.strip() else {}, done.stderr


def _name(doors: RunningStack, row: dict[str, str]) -> str | None:
    return doors.database.value("SELECT name FROM customer WHERE cis_person_id = $1", row["cis_person_id"])


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
def test_names_are_kept_as_they_are(doors: RunningStack, tmp_path: Path, encoding: str, newline: str) -> None:
    rows = _rows(doors, *NAMES)
    code, answer, _ = _import(doors, tmp_path, _csv(rows, newline).encode(encoding))
    assert (code, answer["taken"], answer["errors"]) == (0, len(NAMES), [])
    assert tuple(_name(doors, row) for row in rows) == NAMES


def test_a_file_in_another_encoding_is_refused_whole(doors: RunningStack, tmp_path: Path) -> None:
    rows = _rows(doors, "Ren\u00e9e")
    code, _, words = _import(doors, tmp_path, _csv(rows).encode("latin-1"))
    assert code != 0
    assert "UTF-8" in words
    assert _name(doors, rows[0]) is None


def test_a_file_without_lines_is_fine(doors: RunningStack, tmp_path: Path) -> None:
    code, answer, _ = _import(doors, tmp_path, _csv(_rows(doors, "x")).splitlines()[0].encode())
    assert (code, answer["received"], answer["errors"]) == (0, 0, [])


def test_bad_lines_are_reported_and_good_lines_imported(doors: RunningStack, tmp_path: Path) -> None:
    rows = _rows(doors, "Good", "Bad zone", "Also good")
    rows[1]["time_zone"] = "Mars/Olympus"
    code, answer, _ = _import(doors, tmp_path, _csv(rows).encode())
    assert (code, answer["received"], answer["taken"]) == (1, 3, 2)
    (fault,) = answer["errors"]
    assert (fault["line"], fault["field"]) == (3, "time_zone")
    assert "time zone" in fault["reason"]
    assert [_name(doors, row) for row in rows] == ["Good", None, "Also good"]


def test_a_repeated_import_changes_nothing(doors: RunningStack) -> None:
    records = [{key: value for key, value in row.items() if value} for row in _rows(doors, "One", "Two")]
    first, again = (doors.api.put("/v1/customers", json={"customers": records}).json() for _ in range(2))
    assert (first["created"], first["updated"], again["created"], again["updated"]) == (8, 0, 0, 0)


def test_a_request_without_a_valid_record_fails(doors: RunningStack) -> None:
    (row,) = _rows(doors, "Nobody")
    record = {key: value for key, value in row.items() if value}
    answer = doors.api.put("/v1/customers", json={"customers": [{**record, "country": "us"}, {**record, "tariff": ""}]})
    assert (answer.status_code, answer.json()["type"].rpartition("#")[2]) == (422, "no-record-taken")
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/customers/0/country", "/customers/1/tariff"]


def test_a_file_without_a_valid_line_is_reported_line_by_line(doors: RunningStack, tmp_path: Path) -> None:
    rows = _rows(doors, "One", "Two", country="us")
    code, answer, _ = _import(doors, tmp_path, _csv(rows).encode())
    assert (code, answer["received"], answer["taken"]) == (1, 2, 0)
    assert [(fault["line"], fault["field"]) for fault in answer["errors"]] == [(2, "country"), (3, "country")]


def test_contradictory_lines_are_both_refused(doors: RunningStack, tmp_path: Path) -> None:
    rows = _rows(doors, "Good", "Odd")
    code, answer, _ = _import(doors, tmp_path, _csv([rows[0], rows[1], {**rows[1], "phase_count": "3"}]).encode())
    assert (code, answer["received"], answer["taken"]) == (1, 3, 1)
    assert [(fault["line"], fault["field"]) for fault in answer["errors"]] == [(3, "phase_count"), (4, "phase_count")]
    assert [_name(doors, row) for row in rows] == ["Good", None]


def test_a_change_is_imported(doors: RunningStack) -> None:
    (row,) = _rows(doors, "Before")
    record = {key: value for key, value in row.items() if value}
    for name in ("Before", "After"):
        answer = doors.api.put("/v1/customers", json={"customers": [{**record, "name": name}]}).json()
    assert (answer["created"], answer["updated"], _name(doors, row)) == (0, 1, "After")


def test_five_hundred_customers_take_a_few_dozen_statements(doors: RunningStack) -> None:
    """`make bench` measures the time; this test counts that it is not one statement for each customer."""
    count = 500
    (model,) = _rows(doors, "Many")
    prefix, keys = doors.unique_name("M"), ("cis_person_id", "cis_account_id", "cis_premise_id", "cis_service_point_id")
    record = {key: value for key, value in model.items() if value}
    records = [{**record, **dict.fromkeys(keys, f"{prefix}-{number}")} for number in range(count)]
    before = doors.count_statements()
    answer = doors.api.put("/v1/customers", json={"customers": records}).raise_for_status().json()
    assert answer["taken"] == count
    assert doors.count_statements() - before < 100

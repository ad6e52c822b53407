"""`gridenroll customers`: the import of customers from the CIS."""

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.client import ApiClient, connect_to_api, get_problem_code
from cli.options import DataDir, Json
from cli.output import err, fail, print_json, print_line

app = typer.Typer(help="Customers as the CIS exports them.", no_args_is_help=True)

_ROWS_PER_REQUEST = 2000
_MAXIMUM_ERRORS_SHOWN = 50
_NO_RECORD_ACCEPTED = "no-record-taken"
_COLUMNS = frozenset(
    {"cis_person_id", "cis_account_id", "cis_premise_id", "cis_service_point_id", "name", "time_zone", "tariff"}
)


@app.command(name="import")
def import_file(
    file: Annotated[Path, typer.Argument(help="CSV in UTF-8, one service point a line; see examples/customers.csv.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Import customers, accounts, premises and service points. It is safe to repeat.

    The command imports the good lines and lists the bad ones.
    """
    answer = put_customers(connect_to_api(data_dir), file)
    if as_json:
        print_json(answer)
    else:
        for error in answer["errors"][:_MAXIMUM_ERRORS_SHOWN]:
            err.print(f"line {error['line']}: {error['field']}: {error['reason']}", markup=False)
        more = len(answer["errors"]) - _MAXIMUM_ERRORS_SHOWN
        if more > 0:
            err.print(f"… and {more} more")
        print_line(
            f"{answer['taken']} of {answer['received']} lines imported: "
            f"{answer['created']} new records, {answer['updated']} changed"
        )
    if answer["errors"]:
        raise typer.Exit(1)


def put_customers(api: ApiClient, file: Path) -> dict[str, Any]:
    """Send a file in parts, and return the sums of the answers and each error with its line."""
    total: dict[str, Any] = {"received": 0, "taken": 0, "created": 0, "updated": 0, "errors": []}
    for part in _read_parts(file):
        body = {"customers": [record for _, record in part]}
        answer = api.request("PUT", "/v1/customers", body=body, expected_problem=_NO_RECORD_ACCEPTED)
        if get_problem_code(answer) == _NO_RECORD_ACCEPTED:
            answer = _convert_problem(len(part), answer)
        for name in ("received", "taken", "created", "updated"):
            total[name] += answer[name]
        total["errors"] += [
            {"line": part[error["position"]][0], "field": error["field"], "reason": error["reason"]}
            for error in answer["errors"]
        ]
    return total


def _convert_problem(received: int, problem: dict[str, Any]) -> dict[str, Any]:
    """Returns the problem of a part without any good record in the form of an answer that lists the bad ones."""
    found = ([*error["pointer"].strip("/").split("/"), error["detail"]] for error in problem["errors"])
    faults = [
        {"position": int(position), "field": "/".join(field), "reason": reason} for _, position, *field, reason in found
    ]
    return {"received": received, "taken": 0, "created": 0, "updated": 0, "errors": faults}


def _read_parts(file: Path) -> Iterator[list[tuple[int, dict[str, Any]]]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            missing = _COLUMNS - set(reader.fieldnames or ())
            if missing:
                fail(f"{file} has no column {', '.join(sorted(missing))}.", "The first line names the columns.")
            rows = ((reader.line_num, _convert_row(row)) for row in reader)
            while part := list(islice(rows, _ROWS_PER_REQUEST)):
                yield part
    except FileNotFoundError:
        fail(f"There is no file {file}.", "Name a CSV file.")
    except UnicodeDecodeError as error:
        fail(f"{file} is not UTF-8: {error.reason} at byte {error.start}.", "Convert it to UTF-8 and try again.")


def _convert_row(row: dict[Any, Any]) -> dict[str, Any]:
    """Returns a line as the API expects it, without the empty cells. Surplus cells become the field `None`."""
    return {str(name): value for name, value in row.items() if value not in ("", None)}

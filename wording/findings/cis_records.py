"""What is said of CIS records that are not accepted."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from models.errors import Invalid, Pointer
from rules.cis_records import RowError
from wording.findings.validation import describe_pydantic_error
from wording.templates import fill

_CONTRADICTION = "records {records} of the request contradict each other about {key} {name}; send one"


class RowProblem(NamedTuple):
    """Why one record is not accepted, in words: its position (0 is the first), the field (empty for the whole)."""

    position: int
    field: str
    reason: str


def describe_row_errors(errors: Iterable[RowError]) -> list[RowProblem]:
    """Returns the errors in words, in the order of the records."""
    return sorted(RowProblem(one.position, one.field, _describe(one)) for one in errors)


def _describe(error: RowError) -> str:
    if error.code == "contradicts":
        return fill(_CONTRADICTION, error.parameters)
    return describe_pydantic_error(error.parameters["error"])


def no_record_accepted(count: int, problems: Sequence[RowProblem]) -> Invalid:
    """Returns the problem: not one of the records can be accepted."""
    return Invalid(
        f"None of the {count} record(s) can be taken; nothing was stored.",
        fix="Correct what the pointers name, and send them again.",
        code="no-record-taken",
        pointers=[Pointer(f"/customers/{at}/{field}".rstrip("/"), reason) for at, field, reason in problems],
    )

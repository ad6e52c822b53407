"""Which records of the CIS can be accepted.

Each record is judged alone, but two must not contradict each other: neither their content nor their order shows which
one is right.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from models.requests.cis import FIELDS_BY_KEY, CisRecord

_MAXIMUM_NAMED = 10


class RowError(NamedTuple):
    """Why one record is not accepted: its position (0 is the first), the field (empty for the whole), and the code and
    values of what is to be said (wording/findings/cis_records.py)."""

    position: int
    field: str
    code: str
    parameters: Mapping[str, Any]


def validate_records(rows: Sequence[Mapping[str, Any]]) -> tuple[dict[int, CisRecord], list[RowError]]:
    """Returns the records that can be accepted, by their positions, and what is wrong with the others."""
    records: dict[int, CisRecord] = {}
    errors: list[RowError] = []
    for position, row in enumerate(rows):
        try:
            records[position] = CisRecord.model_validate(row)
        except ValidationError as error:
            found = error.errors(include_input=False, include_context=False, include_url=False)
            errors += [RowError(position, ".".join(map(str, one["loc"])), "not_valid", {"error": one}) for one in found]
    contradicting = list(_find_contradictions(records))
    for one in contradicting:
        records.pop(one.position, None)
    return records, [*errors, *contradicting]


def _find_contradictions(records: Mapping[int, CisRecord]) -> Iterator[RowError]:
    for key, fields in FIELDS_BY_KEY.items():
        alike: dict[str, list[int]] = defaultdict(list)
        for position, record in records.items():
            alike[getattr(record, key)].append(position)
        for name, positions in alike.items():
            for field in fields if len(positions) > 1 else ():
                if len({getattr(records[position], field) for position in positions}) > 1:
                    values = {"records": positions[:_MAXIMUM_NAMED], "key": key, "name": name}
                    yield from (RowError(position, field, "contradicts", values) for position in positions)

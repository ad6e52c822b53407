"""Which records of the CIS can be taken. Each stands for itself, but two must not contradict each other: which of them
holds nobody knows, and the order in which they come does not tell."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from models.errors import Invalid, Pointer
from models.requests.cis import FIELDS_BY_KEY, CisRecord
from models.validation import describe_pydantic_error

_MAXIMUM_NAMED = 10


class RowError(NamedTuple):
    """Why one record is not taken: its position (0 is the first), the field (empty for the whole), the reason."""

    position: int
    field: str
    reason: str


def validate_records(rows: Sequence[Mapping[str, Any]]) -> tuple[dict[int, CisRecord], list[RowError]]:
    """The records that can be taken, by their positions, and what is wrong with the others.

    Raises:
        Invalid: not one of them can be taken.
    """
    records: dict[int, CisRecord] = {}
    faults: list[RowError] = []
    for position, row in enumerate(rows):
        try:
            records[position] = CisRecord.model_validate(row)
        except ValidationError as error:
            found = error.errors(include_input=False, include_context=False, include_url=False)
            faults += [
                RowError(position, ".".join(map(str, one["loc"])), describe_pydantic_error(one)) for one in found
            ]
    contradicting = list(_find_contradictions(records))
    for fault in contradicting:
        records.pop(fault.position, None)
    faults = sorted([*faults, *contradicting])
    if not records:
        raise Invalid(
            f"None of the {len(rows)} record(s) can be taken; nothing was stored.",
            fix="Correct what the pointers name, and send them again.",
            code="no-record-taken",
            pointers=[Pointer(f"/customers/{at}/{field}".rstrip("/"), reason) for at, field, reason in faults],
        )
    return records, faults


def _find_contradictions(records: Mapping[int, CisRecord]) -> Iterator[RowError]:
    for key, fields in FIELDS_BY_KEY.items():
        alike: dict[str, list[int]] = defaultdict(list)
        for position, record in records.items():
            alike[getattr(record, key)].append(position)
        for name, positions in alike.items():
            for field in fields if len(positions) > 1 else ():
                if len({getattr(records[position], field) for position in positions}) > 1:
                    named = ", ".join(map(str, positions[:_MAXIMUM_NAMED]))
                    reason = f"records {named} of the request contradict each other about {key} {name}; send one"
                    yield from (RowError(position, field, reason) for position in positions)

"""Checks documents against the published contracts.

The contracts are all that a simulator knows of gridenroll: a shared model would share its bugs.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson

Document = dict[str, Any]

CONTRACTS_FOLDER = Path(__file__).parents[2] / "docs" / "contracts"


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong with a document; `pointer` is a JSON pointer to it."""

    pointer: str
    detail: str

    def to_document(self) -> Document:
        return asdict(self)


def build_validator(path: Path, name: str) -> jsonschema_rs.Validator:
    """Builds the validator of one definition of a contract. It masks values, which may be personal."""
    contract = orjson.loads(path.read_bytes())
    schema = {"$schema": contract["$schema"], "$defs": contract["$defs"], "$ref": f"#/$defs/{name}"}
    return jsonschema_rs.validator_for(schema, validate_formats=True, mask="the value")


def list_violations(validator: jsonschema_rs.Validator, document: Any) -> Iterator[Violation]:
    """Returns what is wrong with a document, without repeating its values."""
    for error in validator.iter_errors(document):
        values = error.kind.as_dict()
        if error.kind.name == "required":
            yield Violation(_build_pointer([*error.instance_path, values["property"]]), "is required")
        elif error.kind.name == "additionalProperties":
            for name in values["unexpected"]:
                yield Violation(_build_pointer([*error.instance_path, name]), "is not part of the contract")
        else:
            yield Violation(_build_pointer(error.instance_path), error.message)


def _build_pointer(path: list[str | int]) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)

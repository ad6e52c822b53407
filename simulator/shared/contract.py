"""The published contract, compiled once. It is all the simulator knows of us: a shared model would share its bugs."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson

Document = dict[str, Any]

CONTRACTS_FOLDER = Path(__file__).parents[2] / "docs" / "contracts"
_SCHEMA_FILE = CONTRACTS_FOLDER / "derms.schema.json"
_MAX_SEQUENCE = 2**53


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing wrong with a document, and where, as a JSON pointer."""

    pointer: str
    detail: str

    def to_document(self) -> Document:
        return asdict(self)


def build_validator(path: Path, name: str) -> jsonschema_rs.Validator:
    """Checks documents against one definition of a published contract."""
    contract = orjson.loads(path.read_bytes())
    part = {"$schema": contract["$schema"], "$defs": contract["$defs"], "$ref": f"#/$defs/{name}"}
    return jsonschema_rs.validator_for(part, validate_formats=True, mask="the value")


class MessageContract:
    """Says what is wrong with a sync message; never repeats its values, which are personal."""

    def __init__(self) -> None:
        self._message = build_validator(_SCHEMA_FILE, "SyncMessage")
        self._acknowledgement = build_validator(_SCHEMA_FILE, "Acknowledgement")

    def find_violations(self, message: Any) -> list[Violation]:
        """What keeps a message from being taken; nothing when it is as agreed and can be acknowledged."""
        if not self._message.is_valid(message):
            return list(list_violations(self._message, message))
        if message["sequence"] > _MAX_SEQUENCE:
            return [Violation("/sequence", "the value is greater than what can be kept")]
        return self._find_unanswerable_parts(message)

    def _find_unanswerable_parts(self, message: Document) -> list[Violation]:
        """The schema bounds an acknowledgement more closely than the message it repeats parts of, under the same
        pointers: what could only be answered in breach of the contract is refused at the door."""
        answer = {
            "message_id": "ack",
            "sync_request_id": message["sync_request_id"],
            "version": message["version"],
            "result": "negative",
            "devices": [{"device_id": one["device_id"], "registration": "failed"} for one in message["devices"]],
        }
        return [] if self._acknowledgement.is_valid(answer) else list(list_violations(self._acknowledgement, answer))


def list_violations(contract: jsonschema_rs.Validator, document: Any) -> Iterator[Violation]:
    """What is wrong with a document; never repeats its values."""
    for error in contract.iter_errors(document):
        about = error.kind.as_dict()
        if error.kind.name == "required":
            yield Violation(_build_pointer([*error.instance_path, about["property"]]), "is required")
        elif error.kind.name == "additionalProperties":
            yield from (
                Violation(_build_pointer([*error.instance_path, name]), "is not part of the contract")
                for name in about["unexpected"]
            )
        else:
            yield Violation(_build_pointer(error.instance_path), error.message)


def _build_pointer(path: list[str | int]) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)

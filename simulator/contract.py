"""The published contract, compiled once. It is all the simulator knows of us: a shared model would share its bugs."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson

Document = dict[str, Any]

CONTRACTS = Path(__file__).parent.parent / "docs" / "contracts"
_CONTRACT = CONTRACTS / "derms.schema.json"
_LARGEST_SEQUENCE = 2**53


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong with a document, and where, as a JSON pointer."""

    pointer: str
    detail: str

    def document(self) -> Document:
        return asdict(self)


def validator(path: Path, name: str) -> jsonschema_rs.Validator:
    """Checks documents against one definition of a published contract."""
    contract = orjson.loads(path.read_bytes())
    part = {"$schema": contract["$schema"], "$defs": contract["$defs"], "$ref": f"#/$defs/{name}"}
    return jsonschema_rs.validator_for(part, validate_formats=True, mask="the value")


class Contract:
    """Says what is wrong with a sync message; never repeats its values, which are personal."""

    def __init__(self) -> None:
        self._message = validator(_CONTRACT, "SyncMessage")
        self._acknowledgement = validator(_CONTRACT, "Acknowledgement")

    def flaws(self, message: Any) -> list[Flaw]:
        """What keeps a message from being taken; nothing when it is as agreed and can be acknowledged."""
        if not self._message.is_valid(message):
            return list(flaws_of(self._message, message))
        if message["sequence"] > _LARGEST_SEQUENCE:
            return [Flaw("/sequence", "the value is greater than what can be kept")]
        return self._unanswerable(message)

    def _unanswerable(self, message: Document) -> list[Flaw]:
        """The schema bounds an acknowledgement more closely than the message it repeats parts of, under the same
        pointers: what could only be answered in breach of the contract is refused at the door."""
        answer = {
            "message_id": "ack",
            "sync_request_id": message["sync_request_id"],
            "version": message["version"],
            "result": "negative",
            "devices": [{"device_id": one["device_id"], "registration": "failed"} for one in message["devices"]],
        }
        return [] if self._acknowledgement.is_valid(answer) else list(flaws_of(self._acknowledgement, answer))


def flaws_of(contract: jsonschema_rs.Validator, document: Any) -> Iterator[Flaw]:
    """What is wrong with a document; never repeats its values."""
    for error in contract.iter_errors(document):
        about = error.kind.as_dict()
        if error.kind.name == "required":
            yield Flaw(_pointer([*error.instance_path, about["property"]]), "is required")
        elif error.kind.name == "additionalProperties":
            yield from (
                Flaw(_pointer([*error.instance_path, name]), "is not part of the contract")
                for name in about["unexpected"]
            )
        else:
            yield Flaw(_pointer(error.instance_path), error.message)


def _pointer(path: list[str | int]) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)

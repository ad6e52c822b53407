"""Checks sync messages against docs/contracts/derms.schema.json."""

from typing import Any

from simulator.shared.contract import CONTRACTS_FOLDER, Document, Violation, build_validator, list_violations

SCHEMA_NAME = "derms.schema.json"
_SCHEMA_FILE = CONTRACTS_FOLDER / SCHEMA_NAME
_MAX_SEQUENCE = 2**53


class MessageContract:
    """Finds what is wrong with a sync message."""

    def __init__(self) -> None:
        self._message = build_validator(_SCHEMA_FILE, "SyncMessage")
        self._acknowledgement = build_validator(_SCHEMA_FILE, "Acknowledgement")

    def find_violations(self, message: Any) -> list[Violation]:
        """Returns why the message is refused; nothing if it matches the contract and can be acknowledged."""
        if not self._message.is_valid(message):
            return list(list_violations(self._message, message))
        if message["sequence"] > _MAX_SEQUENCE:
            return [Violation("/sequence", "the value is greater than the simulator can store")]
        return self._find_unanswerable_parts(message)

    def _find_unanswerable_parts(self, message: Document) -> list[Violation]:
        """Returns the parts of a message that no valid acknowledgement could repeat.

        The schema restricts an acknowledgement more than the message whose parts it repeats under the same pointers.
        """
        acknowledgement = {
            "message_id": "ack",
            "sync_request_id": message["sync_request_id"],
            "version": message["version"],
            "result": "negative",
            "devices": [{"device_id": device["device_id"], "registration": "failed"} for device in message["devices"]],
        }
        if self._acknowledgement.is_valid(acknowledgement):
            return []
        return list(list_violations(self._acknowledgement, acknowledgement))

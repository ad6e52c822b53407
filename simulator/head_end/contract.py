"""Checks requests against docs/contracts/head-end.schema.json."""

from typing import Any

from simulator.shared.contract import CONTRACTS_FOLDER, Violation, build_validator, list_violations

SCHEMA_NAME = "head-end.schema.json"
_SCHEMA_FILE = CONTRACTS_FOLDER / SCHEMA_NAME


class RequestContract:
    """Finds what is wrong with a request."""

    def __init__(self) -> None:
        self._status_check = build_validator(_SCHEMA_FILE, "StatusCheckRequest")
        self._action = build_validator(_SCHEMA_FILE, "ActionRequest")

    def find_status_check_violations(self, document: Any) -> list[Violation]:
        return list(list_violations(self._status_check, document))

    def find_action_violations(self, document: Any) -> list[Violation]:
        return list(list_violations(self._action, document))

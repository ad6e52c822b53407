"""The DERs: grid resources modeled from the devices in sync messages, each with its history."""

from typing import Literal

import orjson

from simulator.shared.contract import Document
from simulator.shared.store import Store

_DEVICE_FIELDS = (
    "device_id", "asset_type", "specification", "manufacturer", "model", "serial_number", "nic_id", "badge_number",
    "ownership", "head_end", "rated_kw", "capacity_kwh",
)  # fmt: skip
_ID_PREFIX = "DER-"
DerState = Literal["enrolled", "removed"]


def format_der_id(number: int) -> str:
    return f"{_ID_PREFIX}{number:06}"


def parse_der_id(text: str) -> int | None:
    """Returns the number in a DER id; None if the text is no DER id."""
    digits = text.removeprefix(_ID_PREFIX)
    is_id = text.startswith(_ID_PREFIX) and digits.isascii() and digits.isdigit() and len(digits) <= 18
    return int(digits) if is_id else None


class DerRepository:
    """Reads and writes the DERs; the caller opens transactions."""

    def __init__(self, store: Store) -> None:
        self._connection = store.connection

    def find_under_other_subscription(self, device: Document, subscription: str) -> str | None:
        """Returns the id of the DER that models the device under another subscription."""
        row = self._connection.execute(
            "SELECT number FROM ders WHERE (device_key = ? OR device_id = ?) AND state = 'enrolled'"
            " AND subscription <> ? LIMIT 1",
            (_build_device_key(device), device["device_id"], subscription),
        ).fetchone()
        return format_der_id(row["number"]) if row else None

    def get_last_applied(self, subscription: str) -> tuple[int, int]:
        """Returns sequence and version of the last message that changed the subscription's DERs; zeros without one."""
        row = self._connection.execute(
            "SELECT sequence, version FROM subscriptions WHERE subscription = ?", (subscription,)
        ).fetchone()
        return (row["sequence"], row["version"]) if row else (0, 0)

    def record_applied(self, message: Document) -> None:
        """Records the message as the last one that changed its subscription's DERs."""
        self._connection.execute(
            "INSERT INTO subscriptions (subscription, sequence, version) VALUES (?, ?, ?)"
            " ON CONFLICT (subscription) DO UPDATE SET sequence = excluded.sequence, version = excluded.version",
            (message["subscription"]["number"], message["sequence"], message["version"]),
        )

    def enroll_device(self, message: Document, device: Document, at: str) -> str:
        """Models the device, or updates its DER; returns the DER id."""
        row = self._connection.execute(
            "SELECT number FROM ders WHERE device_id = ? OR device_key = ? ORDER BY device_id = ? DESC LIMIT 1",
            (device["device_id"], _build_device_key(device), device["device_id"]),
        ).fetchone()
        number = self._upsert(row["number"] if row else None, message, device, at)
        self._add_history(number, message, "enrolled", at)
        return format_der_id(number)

    def remove_device(self, message: Document, device: Document, at: str) -> str | None:
        """Removes the device's DER from this subscription; returns its id, or None if there is none."""
        rows = self._connection.execute(
            "UPDATE ders SET state = 'removed', updated_at = ? WHERE device_id = ? AND subscription = ?"
            " RETURNING number",
            (at, device["device_id"], message["subscription"]["number"]),
        ).fetchall()
        for row in rows:
            self._add_history(row["number"], message, "removed", at)
        return format_der_id(rows[0]["number"]) if rows else None

    def _upsert(self, number: int | None, message: Document, device: Document, at: str) -> int:
        customer = message["customer"]
        rows = self._connection.execute(
            "INSERT INTO ders (number, device_id, device_key, state, subscription, program, feeder, account, customer,"
            " device, terms, updated_at) VALUES (?, ?, ?, 'enrolled', ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (number) DO UPDATE SET device_id = excluded.device_id, device_key = excluded.device_key,"
            " state = excluded.state, subscription = excluded.subscription, program = excluded.program,"
            " feeder = excluded.feeder, account = excluded.account, customer = excluded.customer,"
            " device = excluded.device, terms = excluded.terms, updated_at = excluded.updated_at RETURNING number",
            (
                number,
                device["device_id"],
                _build_device_key(device),
                message["subscription"]["number"],
                message["program"]["code"],
                message["location"].get("feeder"),
                customer["cis_account_id"],
                customer["name"],
                orjson.dumps({field: device.get(field) for field in _DEVICE_FIELDS}),
                _build_search_text(message, device),
                at,
            ),
        ).fetchall()
        return rows[0]["number"]

    def _add_history(self, number: int, message: Document, state: DerState, at: str) -> None:
        subscription = message["subscription"]["number"]
        self._connection.execute(
            "INSERT INTO der_history (der, message_id, kind, version, sequence, subscription, state, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                number,
                *(message[name] for name in ("message_id", "kind", "version", "sequence")),
                subscription,
                state,
                at,
            ),
        )


def _build_device_key(device: Document) -> str:
    return f"{_normalize(device['manufacturer'])}/{_normalize(device['serial_number'])}"


def _normalize(text: str) -> str:
    """Returns the letters and digits alone, in lower case, so that spellings of a serial number compare equal."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _build_search_text(message: Document, device: Document) -> str:
    """Returns the text that the search looks through."""
    values = (
        device["device_id"],
        device["serial_number"],
        _normalize(device["serial_number"]),
        message["customer"]["cis_account_id"],
        message["customer"]["name"],
        message["program"]["code"],
        message["location"].get("feeder") or "",
        message["subscription"]["number"],
    )
    return "\n".join(values).casefold()

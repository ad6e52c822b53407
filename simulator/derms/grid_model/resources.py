"""The DERs: grid resources modelled from the devices that sync messages named, each with its history."""

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
    """The number in a DER id; None when it is none."""
    digits = text.removeprefix(_ID_PREFIX)
    is_id = text.startswith(_ID_PREFIX) and digits.isascii() and digits.isdigit() and len(digits) <= 18
    return int(digits) if is_id else None


def _normalize(text: str) -> str:
    """Serial numbers and makers as they are compared: letters and digits alone, whatever their case."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _build_device_key(device: Document) -> str:
    return f"{_normalize(device['manufacturer'])}/{_normalize(device['serial_number'])}"


class DerRepository:
    """Reads and writes the DERs; transactions are the caller's."""

    def __init__(self, store: Store) -> None:
        self._connection = store.connection

    def find_under_other_subscription(self, device: Document, subscription: str) -> str | None:
        """The DER as which the device takes part under another subscription."""
        found = self._connection.execute(
            "SELECT number FROM ders WHERE (device_key = ? OR device_id = ?) AND state = 'enrolled'"
            " AND subscription <> ? LIMIT 1",
            (_build_device_key(device), device["device_id"], subscription),
        ).fetchone()
        return format_der_id(found["number"]) if found else None

    def get_last_applied(self, subscription: str) -> tuple[int, int]:
        """Sequence and version of what the subscription's DERs are made from."""
        found = self._connection.execute(
            "SELECT sequence, version FROM subscriptions WHERE subscription = ?", (subscription,)
        ).fetchone()
        return (found["sequence"], found["version"]) if found else (0, 0)

    def record_applied(self, message: Document) -> None:
        self._connection.execute(
            "INSERT INTO subscriptions (subscription, sequence, version) VALUES (?, ?, ?)"
            " ON CONFLICT (subscription) DO UPDATE SET sequence = excluded.sequence, version = excluded.version",
            (message["subscription"]["number"], message["sequence"], message["version"]),
        )

    def enroll_device(self, message: Document, device: Document, at: str) -> str:
        """Models the device, or brings its DER up to date; gives the DER id."""
        known = self._connection.execute(
            "SELECT number FROM ders WHERE device_id = ? OR device_key = ? ORDER BY device_id = ? DESC LIMIT 1",
            (device["device_id"], _build_device_key(device), device["device_id"]),
        ).fetchone()
        number = self._upsert(known["number"] if known else None, message, device, at)
        self._add_history(number, message, "enrolled", at)
        return format_der_id(number)

    def remove_device(self, message: Document, device: Document, at: str) -> str | None:
        """Ends the part a device takes under this subscription; None when it takes none."""
        known = self._connection.execute(
            "UPDATE ders SET state = 'removed', updated_at = ? WHERE device_id = ? AND subscription = ?"
            " RETURNING number",
            (at, device["device_id"], message["subscription"]["number"]),
        ).fetchall()
        for row in known:
            self._add_history(row["number"], message, "removed", at)
        return format_der_id(known[0]["number"]) if known else None

    def _upsert(self, number: int | None, message: Document, device: Document, at: str) -> int:
        customer, location = message["customer"], message["location"]
        written = self._connection.execute(
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
                location.get("feeder"),
                customer["cis_account_id"],
                customer["name"],
                orjson.dumps({field: device.get(field) for field in _DEVICE_FIELDS}),
                _build_search_text(message, device),
                at,
            ),
        ).fetchall()
        return written[0]["number"]

    def _add_history(self, number: int, message: Document, state: DerState, at: str) -> None:
        self._connection.execute(
            "INSERT INTO der_history (der, message_id, kind, version, sequence, subscription, state, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                number,
                message["message_id"],
                message["kind"],
                message["version"],
                message["sequence"],
                message["subscription"]["number"],
                state,
                at,
            ),
        )


def _build_search_text(message: Document, device: Document) -> str:
    """What the DER is found by."""
    found_by = (
        device["device_id"],
        device["serial_number"],
        _normalize(device["serial_number"]),
        message["customer"]["cis_account_id"],
        message["customer"]["name"],
        message["program"]["code"],
        message["location"].get("feeder") or "",
        message["subscription"]["number"],
    )
    return "\n".join(found_by).casefold()

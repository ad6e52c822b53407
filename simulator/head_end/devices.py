"""The devices that the head-end talks to. It knows and reaches all of them, unless a test has set another state."""

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict

from simulator.shared.contract import Document
from simulator.shared.store import Store

Operation = Literal["status_check", "ping", "restart", "reset"]
DeviceState = Literal["online", "offline", "hung", "broken", "silent", "unknown"]

_SEPARATORS = re.compile(r"[^0-9A-Z]+")
_STATUS_ANSWERS: dict[DeviceState, tuple[str, str]] = {
    "online": ("ok", "The device answers."),
    "offline": ("offline", "The device was not heard of for a while."),
    "hung": ("offline", "The device does not answer; a restart may help."),
    "broken": ("failed", "The device reports a fault; a reset may help."),
    "unknown": ("unknown", "No such device was ever set up here."),
}
_RECOVERIES: dict[Operation, frozenset[DeviceState]] = {
    "restart": frozenset({"hung"}),
    "reset": frozenset({"hung", "broken"}),
}


class DeviceSetting(BaseModel):
    """The state that a test sets. `silent`: the head-end never answers requests for the device."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: DeviceState


def build_device_key(device: str) -> str:
    """Returns a serial number or NIC id without letter case and separators, which people read differently."""
    return _SEPARATORS.sub("", device.upper())


class DeviceRepository:
    """Reads and writes the devices whose state was set; all others are online."""

    def __init__(self, store: Store) -> None:
        self._connection = store.connection

    def get_state(self, key: str) -> DeviceState:
        row = self._connection.execute("SELECT state FROM devices WHERE device_key = ?", (key,)).fetchone()
        return row["state"] if row else "online"

    def set_state(self, device: str, state: DeviceState) -> None:
        self._connection.execute(
            "INSERT INTO devices (device_key, device, state) VALUES (?, ?, ?)"
            " ON CONFLICT (device_key) DO UPDATE SET state = excluded.state",
            (build_device_key(device), device, state),
        )

    def reset(self, device: str) -> None:
        """Makes the device online again."""
        self._connection.execute("DELETE FROM devices WHERE device_key = ?", (build_device_key(device),))

    def list_devices(self) -> list[Document]:
        rows = self._connection.execute("SELECT device, state FROM devices ORDER BY device_key")
        return [dict(row) for row in rows]

    def perform(self, key: str, operation: Operation) -> tuple[str, str]:
        """Returns outcome and text of an operation, which may bring the device back online."""
        state = self.get_state(key)
        if state in _RECOVERIES.get(operation, frozenset()):
            self._connection.execute("UPDATE devices SET state = 'online' WHERE device_key = ?", (key,))
            return "ok", f"The device came back after the {operation}."
        return _STATUS_ANSWERS.get(state, _STATUS_ANSWERS["online"])

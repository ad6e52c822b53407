"""The devices the head-end talks to. It knows them all and reaches them all, until somebody says otherwise."""

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from simulator.head_end.store import HeadEndStore

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
    """What a device shall be from now on. `silent`: what is asked of it is never answered."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: DeviceState


def build_device_key(device: str) -> str:
    """Letter case and separators aside, as people read numbers off a label."""
    return _SEPARATORS.sub("", device.upper())


class DeviceRepository:
    """Those that were set, in the store."""

    def __init__(self, store: HeadEndStore) -> None:
        self._store = store

    def get_state(self, key: str) -> DeviceState:
        row = self._store.connection.execute("SELECT state FROM devices WHERE device_key = ?", (key,)).fetchone()
        return row["state"] if row else "online"

    def set_state(self, device: str, state: DeviceState) -> None:
        """Sets it; what was asked of a device that was silent is answered now."""
        self._store.connection.execute(
            "INSERT INTO devices (device_key, device, state) VALUES (?, ?, ?)"
            " ON CONFLICT (device_key) DO UPDATE SET state = excluded.state",
            (build_device_key(device), device, state),
        )

    def reset(self, device: str) -> None:
        """It is online again, as all are."""
        self._store.connection.execute("DELETE FROM devices WHERE device_key = ?", (build_device_key(device),))

    def list_devices(self) -> list[dict[str, Any]]:
        found = self._store.connection.execute("SELECT device, state FROM devices ORDER BY device_key")
        return [dict(row) for row in found]

    def perform(self, key: str, asked: Operation) -> tuple[str, str]:
        """What a request comes to, as outcome and text; an action may put the device right."""
        state = self.get_state(key)
        if state in _RECOVERIES.get(asked, frozenset()):
            self._store.connection.execute("UPDATE devices SET state = 'online' WHERE device_key = ?", (key,))
            return "ok", f"The device came back after the {asked}."
        return _STATUS_ANSWERS.get(state, _STATUS_ANSWERS["online"])

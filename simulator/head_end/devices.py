"""The devices the head-end talks to. It knows them all and reaches them all, until somebody says otherwise."""

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from simulator.head_end.store import HeadEndStore

Asked = Literal["status_check", "ping", "restart", "reset"]
State = Literal["online", "offline", "hung", "broken", "silent", "unknown"]

_NOT_A_LETTER = re.compile(r"[^0-9A-Z]+")
_LOOKS: dict[State, tuple[str, str]] = {
    "online": ("ok", "The device answers."),
    "offline": ("offline", "The device was not heard of for a while."),
    "hung": ("offline", "The device does not answer; a restart may help."),
    "broken": ("failed", "The device reports a fault; a reset may help."),
    "unknown": ("unknown", "No such device was ever set up here."),
}
_REVIVES: dict[Asked, frozenset[State]] = {"restart": frozenset({"hung"}), "reset": frozenset({"hung", "broken"})}


class Told(BaseModel):
    """What a device shall be from now on. `silent`: what is asked of it is never answered."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: State


def device_key(device: str) -> str:
    """Letter case and separators aside, as people read numbers off a label."""
    return _NOT_A_LETTER.sub("", device.upper())


class Devices:
    """Those that were set, in the store."""

    def __init__(self, store: HeadEndStore) -> None:
        self._store = store

    def state(self, key: str) -> State:
        row = self._store.connection.execute("SELECT state FROM devices WHERE device_key = ?", (key,)).fetchone()
        return row["state"] if row else "online"

    def tell(self, device: str, state: State) -> None:
        """Sets it; what was asked of a device that was silent is answered now."""
        self._store.connection.execute(
            "INSERT INTO devices (device_key, device, state) VALUES (?, ?, ?)"
            " ON CONFLICT (device_key) DO UPDATE SET state = excluded.state",
            (device_key(device), device, state),
        )

    def forget(self, device: str) -> None:
        """It is online again, as all are."""
        self._store.connection.execute("DELETE FROM devices WHERE device_key = ?", (device_key(device),))

    def listed(self) -> list[dict[str, Any]]:
        found = self._store.connection.execute("SELECT device, state FROM devices ORDER BY device_key")
        return [dict(row) for row in found]

    def does(self, key: str, asked: Asked) -> tuple[str, str]:
        """What a request comes to, as outcome and text; an action may put the device right."""
        state = self.state(key)
        if state in _REVIVES.get(asked, frozenset()):
            self._store.connection.execute("UPDATE devices SET state = 'online' WHERE device_key = ?", (key,))
            return "ok", f"The device came back after the {asked}."
        return _LOOKS.get(state, _LOOKS["online"])

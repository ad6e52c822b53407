"""The head-end of a running stack as tests use it."""

from datetime import datetime
from typing import Any

import httpx

from tests.integration.doors import Doors
from tests.patience import PATIENCE_SECONDS


class HeadEnd:
    """The head-end of the stack, told how to behave; it behaves again once it is closed."""

    def __init__(self, doors: Doors) -> None:
        self._http = httpx.Client(base_url=doors.stack["head_end_url"], trust_env=False, timeout=PATIENCE_SECONDS)

    def close(self) -> None:
        self._http.delete("/faults")
        self._http.close()

    def faults(self, **named: Any) -> None:
        self._http.put("/faults", json=named).raise_for_status()

    def tell(self, device: dict[str, Any], state: str) -> None:
        self._http.put(f"/devices/{device['serial_number']}", json={"state": state}).raise_for_status()

    def requests(self) -> list[dict[str, Any]]:
        """All that it was asked, each under its key once, the newest first."""
        return self._http.get("/requests").raise_for_status().json()["items"]

    def asked(self, device: dict[str, Any], since: dict[str, Any]) -> list[dict[str, Any]]:
        """What it was asked of a device since that request was submitted, the newest first."""
        opened = datetime.fromisoformat(since["submitted_at"])
        return [
            one
            for one in self.requests()
            if one["serial_number"] == device["serial_number"] and datetime.fromisoformat(one["received_at"]) > opened
        ]

    def answer(self, asked: dict[str, Any], outcome: str) -> None:
        """Tells that answer by callback, whatever the device is."""
        self._http.post(f"/requests/{asked['request_id']}/answer", json={"outcome": outcome}).raise_for_status()

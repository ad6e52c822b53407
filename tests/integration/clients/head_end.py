"""The head-end of a running stack as tests use it."""

from datetime import datetime
from typing import Any

import httpx

from tests.integration.clients.running_stack import RunningStack
from tests.waiting import WAIT_SECONDS


class HeadEndClient:
    """The head-end of the stack, told how to behave; it behaves again once it is closed."""

    def __init__(self, doors: RunningStack) -> None:
        self._http = httpx.Client(base_url=doors.description["head_end_url"], trust_env=False, timeout=WAIT_SECONDS)

    def close(self) -> None:
        self._http.delete("/faults")
        self._http.close()

    def set_faults(self, **named: Any) -> None:
        self._http.put("/faults", json=named).raise_for_status()

    def set_device_state(self, device: dict[str, Any], state: str) -> None:
        self._http.put(f"/devices/{device['serial_number']}", json={"state": state}).raise_for_status()

    def list_requests(self) -> list[dict[str, Any]]:
        """All that it was asked, each under its key once, the newest first."""
        return self._http.get("/requests").raise_for_status().json()["items"]

    def list_requests_since(self, device: dict[str, Any], since: dict[str, Any]) -> list[dict[str, Any]]:
        """What it was asked of a device since that request was submitted, the newest first."""
        opened = datetime.fromisoformat(since["submitted_at"])
        return [
            one
            for one in self.list_requests()
            if one["serial_number"] == device["serial_number"] and datetime.fromisoformat(one["received_at"]) > opened
        ]

    def send_callback(self, asked: dict[str, Any], outcome: str) -> None:
        """Tells that answer by callback, whatever the device is."""
        self._http.post(f"/requests/{asked['request_id']}/answer", json={"outcome": outcome}).raise_for_status()

"""The head-end simulator of a running stack."""

from datetime import datetime
from typing import Any

import httpx

from tests.integration.clients.running_stack import RunningStack
from tests.waiting import WAIT_SECONDS


class HeadEndClient:
    """Configures the head-end simulator, and resets it when closed."""

    def __init__(self, stack: RunningStack) -> None:
        self._http = httpx.Client(base_url=stack.description["head_end_url"], trust_env=False, timeout=WAIT_SECONDS)

    def close(self) -> None:
        self._http.delete("/faults")
        self._http.close()

    def set_faults(self, **named: Any) -> None:
        self._http.put("/faults", json=named).raise_for_status()

    def set_device_state(self, device: dict[str, Any], state: str) -> None:
        self._http.put(f"/devices/{device['serial_number']}", json={"state": state}).raise_for_status()

    def list_requests(self) -> list[dict[str, Any]]:
        """Return all requests that the head-end received, once for each key, newest first."""
        return self._http.get("/requests").raise_for_status().json()["items"]

    def list_requests_since(self, device: dict[str, Any], since: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the head-end requests about a device since that request was submitted, newest first."""
        opened = datetime.fromisoformat(since["submitted_at"])
        return [
            one
            for one in self.list_requests()
            if one["serial_number"] == device["serial_number"] and datetime.fromisoformat(one["received_at"]) > opened
        ]

    def send_callback(self, asked: dict[str, Any], outcome: str) -> None:
        """Send an outcome by callback, whatever the state of the device is."""
        self._http.post(f"/requests/{asked['request_id']}/answer", json={"outcome": outcome}).raise_for_status()

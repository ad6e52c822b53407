"""Guided process flows, through the API of a running stack."""

from typing import Any

import httpx

from tests.integration.clients.running_stack import RunningStack

PROCESS_FLOWS = "/v1/process-flows"
TERMS = {"version": "2026-01", "accepted_by": "A tester", "accepted_at": "2026-06-01T00:00:00Z"}


class GuidedFlowClient:
    """One process flow of the guided API."""

    def __init__(self, stack: RunningStack, **start: Any) -> None:
        self.stack = stack
        self.response = stack.api.post(PROCESS_FLOWS, json=start)
        assert self.response.status_code == 201, self.response.text
        self.id = self.response.json()["id"]

    def get(self) -> dict[str, Any]:
        return self.stack.api.get(f"{PROCESS_FLOWS}/{self.id}").raise_for_status().json()

    def save_panel(
        self, panel: str, values: dict[str, Any], *, complete: bool = True, **headers: str
    ) -> httpx.Response:
        body = {"values": values, "complete": complete}
        return self.stack.api.put(f"{PROCESS_FLOWS}/{self.id}/panels/{panel}", json=body, headers=headers)

    def save_valid_panel(self, panel: str, values: dict[str, Any]) -> dict[str, Any]:
        response = self.save_panel(panel, values)
        assert response.status_code == 200, response.text
        return response.json()

    def post(self, action: str, body: dict[str, Any] | None = None) -> httpx.Response:
        return self.stack.api.post(f"{PROCESS_FLOWS}/{self.id}/{action}", json=body)

    def get_field(self, code: str) -> dict[str, Any]:
        return next(one for panel in self.get()["panels"] for one in panel["fields"] if one["code"] == code)

    def save_invalid_panel(self, panel: str, values: dict[str, Any]) -> dict[str, str]:
        """Save a panel that must be refused, and return the error detail of each pointer."""
        response = self.save_panel(panel, values)
        assert response.status_code == 422, response.text
        return {fault["pointer"]: fault["detail"] for fault in response.json()["errors"]}


def take_customer(stack: RunningStack, **wanted: str) -> dict[str, str]:
    """Take a customer, with our own id added to the CIS row."""
    row = stack.customers.take(**wanted)
    found = stack.api.get("/v1/customers", params={"q": row["cis_account_id"]}).json()["items"]
    return {**row, "customer": found[0]["id"]}


def fill_enrollment_panels(guide: GuidedFlowClient, person: dict[str, str]) -> None:
    guide.save_valid_panel("program", {"program": "TSTAT-DR", "service_point": person["cis_service_point_id"]})
    serial = guide.stack.unique_name("SN")
    guide.save_valid_panel("device", {"devices": [{"specification": "ecobee-premium", "serial_number": serial}]})
    guide.save_valid_panel("terms", {"terms": TERMS})

"""Somebody at a guided flow, who knows its doors and nothing else."""

from typing import Any

import httpx

from tests.integration.doors import Doors

FLOWS = "/v1/process-flows"
TERMS = {"version": "2026-01", "accepted_by": "A tester", "accepted_at": "2026-06-01T00:00:00Z"}


class Guide:
    """Somebody at a guided flow."""

    def __init__(self, doors: Doors, **start: Any) -> None:
        self.doors = doors
        self.answer = doors.api.post(FLOWS, json=start)
        assert self.answer.status_code == 201, self.answer.text
        self.id = self.answer.json()["id"]

    def seen(self) -> dict[str, Any]:
        return self.doors.api.get(f"{FLOWS}/{self.id}").raise_for_status().json()

    def save(self, panel: str, values: dict[str, Any], *, complete: bool = True, **headers: str) -> httpx.Response:
        body = {"values": values, "complete": complete}
        return self.doors.api.put(f"{FLOWS}/{self.id}/panels/{panel}", json=body, headers=headers)

    def saved(self, panel: str, values: dict[str, Any]) -> dict[str, Any]:
        answer = self.save(panel, values)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def do(self, action: str, body: dict[str, Any] | None = None) -> httpx.Response:
        return self.doors.api.post(f"{FLOWS}/{self.id}/{action}", json=body)

    def field(self, code: str) -> dict[str, Any]:
        return next(one for panel in self.seen()["panels"] for one in panel["fields"] if one["code"] == code)

    def faults(self, panel: str, values: dict[str, Any]) -> dict[str, str]:
        """What is told where when the panel is saved, which it cannot be."""
        answer = self.save(panel, values)
        assert answer.status_code == 422, answer.text
        return {fault["pointer"]: fault["detail"] for fault in answer.json()["errors"]}


def somebody(doors: Doors, **wanted: str) -> dict[str, str]:
    """A customer as the CIS has them, with our own id."""
    row = doors.customers.take(**wanted)
    found = doors.api.get("/v1/customers", params={"q": row["cis_account_id"]}).json()["items"]
    return {**row, "customer": found[0]["id"]}


def fill(guide: Guide, person: dict[str, str]) -> None:
    guide.saved("program", {"program": "TSTAT-DR", "service_point": person["cis_service_point_id"]})
    serial = guide.doors.name("SN")
    guide.saved("device", {"devices": [{"specification": "ecobee-premium", "serial_number": serial}]})
    guide.saved("terms", {"terms": TERMS})

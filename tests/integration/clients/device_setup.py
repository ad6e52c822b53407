"""Enrollments with shipped devices or status checks, through the API of a running stack."""

from typing import Any

import httpx

from tests.integration.clients.head_end import HeadEndClient
from tests.integration.clients.running_stack import RunningStack
from tests.waiting import wait_for


class DeviceSetupClient:
    """Acts as the requester, the warehouse, the customer and the head-end."""

    def __init__(self, stack: RunningStack) -> None:
        self.stack = stack
        self.head_end = HeadEndClient(stack)

    def build_device(self) -> dict[str, Any]:
        serial = self.stack.unique_name("TSTAT")
        return {"specification": "sensi-lite", "serial_number": serial, "device_location_type": "main-living-area"}

    def enroll(self, **changes: Any) -> str:
        usual: dict[str, Any] = {"program": "TSTAT-KIT", "answers": {}}
        person = self.stack.customers.take(premise_type="single_family")
        return self.stack.submit_accepted(self.stack.build_application(person, **{**usual, **changes}))

    def enroll_with_shipment(self) -> tuple[str, str]:
        """Enroll a customer who waits for a shipment; return both ids."""
        way = {"installation_method": "self_installation", "asset_ownership": "utility_owned", "devices": []}
        enrollment = self.enroll(**way)
        return enrollment, wait_for(lambda: self.list_shipments(enrollment))[0]["id"]

    def list_shipments(self, enrollment: str) -> list[dict[str, Any]]:
        found = self.stack.api.get("/v1/shipments", params={"enrollment": enrollment})
        return found.raise_for_status().json()["items"]

    def get_shipment(self, shipment: str) -> dict[str, Any]:
        return self.stack.api.get(f"/v1/shipments/{shipment}").raise_for_status().json()

    def post(self, shipment: str, path: str, **body: Any) -> httpx.Response:
        return self.stack.api.post(f"/v1/shipments/{shipment}/{path}", json=body)

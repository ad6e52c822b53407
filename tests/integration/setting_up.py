"""Devices that come by parcel, or must answer first, through the doors of a running stack."""

from typing import Any

import httpx

from tests.integration.doors import Doors
from tests.integration.head_end import HeadEnd
from tests.patience import wait_for


class Setup:
    """What a requester, the warehouse, a customer and a head-end do."""

    def __init__(self, doors: Doors) -> None:
        self.doors = doors
        self.cloud = HeadEnd(doors)

    def device(self) -> dict[str, Any]:
        serial = self.doors.name("TSTAT")
        return {"specification": "sensi-lite", "serial_number": serial, "device_location_type": "main-living-area"}

    def applied(self, **changes: Any) -> str:
        usual: dict[str, Any] = {"program": "TSTAT-KIT", "answers": {}}
        person = self.doors.customers.take(premise_type="single_family")
        return self.doors.accepted(self.doors.application(person, **{**usual, **changes}))

    def shipped(self) -> tuple[str, str]:
        """An enrolment that waits for its parcel."""
        way = {"installation_method": "self_installation", "asset_ownership": "utility_owned", "devices": []}
        enrollment = self.applied(**way)
        return enrollment, wait_for(lambda: self.shipments(enrollment))[0]["id"]

    def shipments(self, enrollment: str) -> list[dict[str, Any]]:
        found = self.doors.api.get("/v1/shipments", params={"enrollment": enrollment})
        return found.raise_for_status().json()["items"]

    def shipment(self, shipment: str) -> dict[str, Any]:
        return self.doors.api.get(f"/v1/shipments/{shipment}").raise_for_status().json()

    def do(self, shipment: str, door: str, **body: Any) -> httpx.Response:
        return self.doors.api.post(f"/v1/shipments/{shipment}/{door}", json=body)

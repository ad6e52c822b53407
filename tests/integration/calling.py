"""Service calls through the doors of a running stack, and what a technician does about them."""

import asyncio
from typing import Any

import httpx
from temporalio.client import Client, WorkflowExecutionDescription

from tests.integration.doors import Doors
from tests.patience import wait_for

BATTERY = {"program": "BATT-VPP", "answers": {"owner_consent": "yes"}}
CHARGER = {"program": "EV-MANAGED", "answers": {"vehicle_kind": "battery electric"}}


class Calling:
    """What a requester, the office and a technician do."""

    def __init__(self, doors: Doors) -> None:
        self.doors = doors

    def battery(self, **changes: Any) -> str:
        """An enrolled battery of the customer's own, to which visits are free."""
        return self._enrolled("tesla-powerwall-3", {**BATTERY, **changes}, substation="CEDAR")

    def charger(self, told: str = "synchronized") -> str:
        """An enrolled charger in a program that removes first; `told`: what telling the DERMS came to."""
        return self._enrolled("wallbox-pulsar-plus-48", CHARGER, told, tariff="RES-TOU")

    def _enrolled(self, specification: str, changes: dict[str, Any], told: str = "synchronized", **who: str) -> str:
        device = {"specification": specification, "serial_number": self.doors.name("SN")}
        application = self.doors.application(self.doors.customers.take(**who), devices=[device])
        enrollment = self.doors.accepted({**application, **changes})
        self.doors.told(enrollment, told)
        return enrollment

    def subscription(self, enrollment: str) -> dict[str, Any]:
        return self.doors.enrollment(enrollment)["subscription"]

    def ask(self, enrollment: str, **changes: Any) -> httpx.Response:
        subscription = self.subscription(enrollment)
        call = {
            "transaction_id": self.doors.name("C"),
            "subscription": subscription["id"],
            "device": subscription["devices"][0]["id"],
            "problem": {"code": "offline", "text": "The display is dark."},
            **changes,
        }
        return self.doors.api.post("/v1/service-calls", json=call)

    def opened(self, enrollment: str, **changes: Any) -> str:
        """Opens a call that must be taken; gives its id."""
        answer = self.ask(enrollment, **changes)
        assert answer.status_code == 202, answer.text
        return answer.json()["id"]

    def visited(self, enrollment: str) -> tuple[str, dict[str, Any]]:
        """A call that waits for a technician, and its order."""
        call = self.opened(enrollment, action="work_request", work_request={"access_notes": "Ring twice."})
        return call, self.order(call)

    def order(self, call: str, state: str = "dispatched") -> dict[str, Any]:
        """Waits until its newest order is in that state."""

        def there() -> Any:
            orders = self.seen(call)["work_orders"]
            return orders and orders[-1]["state"] == state and orders[-1]

        return wait_for(there)

    def seen(self, call: str) -> dict[str, Any]:
        return self.doors.api.get(f"/v1/service-calls/{call}").raise_for_status().json()

    def reaches(self, call: str, state: str) -> dict[str, Any]:
        """Waits until it is in that state; gives what the API says of it then."""
        self.doors.wait_for_state("service_call", call, state)
        return self.seen(call)

    def do(self, call: str, door: str, **body: Any) -> httpx.Response:
        return self.doors.api.post(f"/v1/service-calls/{call}/{door}", json=body or None)

    def swap(self, enrollment: str, specification: str, **changes: Any) -> dict[str, Any]:
        """What a technician writes who has put another device in the place of the first."""
        old = self.subscription(enrollment)["devices"][0]
        return {
            "device_installed": {"specification": specification, "serial_number": self.doors.name("NEW")},
            "device_removed": {"serial_number": old["serial_number"], "condition": "burnt"},
            **changes,
        }

    def report(self, order: dict[str, Any], outcome: str, **changes: Any) -> httpx.Response:
        report = {
            "completion_id": self.doors.name("visit"),
            "outcome": outcome,
            "technician": "Crew 7",
            "finished_at": "2026-06-03T09:40:00-05:00",
            **changes,
        }
        return self.doors.api.post(f"/v1/work-orders/{order['id']}/completion", json=report)

    def reported(self, order: dict[str, Any], outcome: str, **changes: Any) -> None:
        answer = self.report(order, outcome, **changes)
        assert answer.status_code == 202, answer.text

    def signal(self, call: str, report: Any) -> None:
        """A report that somebody sends with `temporal workflow signal`."""

        async def signalled() -> None:
            client = await Client.connect(self.doors.stack["temporal_address"])
            await client.get_workflow_handle(f"service-call/{call}").signal("site_visit_completed", report)

        asyncio.run(signalled())

    def flow(self, call: str) -> WorkflowExecutionDescription:
        """What Temporal says of the flow, once it has ended."""
        return self.doors.ended(f"service-call/{call}")

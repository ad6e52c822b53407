"""Service calls through the API of a running stack, and what a technician reports."""

import asyncio
from typing import Any

import httpx
from temporalio.client import Client, WorkflowExecutionDescription

from tests.integration.clients.running_stack import RunningStack
from tests.waiting import wait_for

BATTERY = {"program": "BATT-VPP", "answers": {"owner_consent": "yes"}}
CHARGER = {"program": "EV-MANAGED", "answers": {"vehicle_kind": "battery electric"}}


class ServiceCallClient:
    """Acts as the requester, the office and the technician."""

    def __init__(self, stack: RunningStack) -> None:
        self.stack = stack

    def enroll_battery(self, **changes: Any) -> str:
        """Enroll a customer's own battery, in a program with free visits."""
        return self._enroll("tesla-powerwall-3", {**BATTERY, **changes}, substation="CEDAR")

    def enroll_charger(self, sync_state: str = "synchronized") -> str:
        """Enroll a charger in a program that removes the old device first, and wait for this state of its sync
        request."""
        return self._enroll("wallbox-pulsar-plus-48", CHARGER, sync_state, tariff="RES-TOU")

    def _enroll(
        self, specification: str, changes: dict[str, Any], sync_state: str = "synchronized", **customer: str
    ) -> str:
        device = {"specification": specification, "serial_number": self.stack.unique_name("SN")}
        application = self.stack.build_application(self.stack.customers.take(**customer), devices=[device])
        enrollment = self.stack.submit_accepted({**application, **changes})
        self.stack.wait_for_sync_request(enrollment, sync_state)
        return enrollment

    def get_subscription(self, enrollment: str) -> dict[str, Any]:
        return self.stack.get_enrollment(enrollment)["subscription"]

    def submit(self, enrollment: str, key: str | None = None, **changes: Any) -> httpx.Response:
        subscription = self.get_subscription(enrollment)
        call = {
            "transaction_id": self.stack.unique_name("C"),
            "subscription": subscription["id"],
            "device": subscription["devices"][0]["id"],
            "problem": {"code": "offline", "text": "The display is dark."},
            **changes,
        }
        headers = {"Idempotency-Key": key} if key else {}
        return self.stack.api.post("/v1/service-calls", json=call, headers=headers)

    def submit_accepted(self, enrollment: str, **changes: Any) -> str:
        """Open a call that must be accepted, and return its id."""
        response = self.submit(enrollment, **changes)
        assert response.status_code == 202, response.text
        return response.json()["id"]

    def submit_with_visit(self, enrollment: str) -> tuple[str, dict[str, Any]]:
        """Open a call with a visit; return its id and its order."""
        call = self.submit_accepted(enrollment, action="work_request", work_request={"access_notes": "Ring twice."})
        return call, self.wait_for_order(call)

    def wait_for_order(self, call: str, state: str = "dispatched") -> dict[str, Any]:
        """Wait until its newest order is in this state, and return the order."""

        def there() -> Any:
            orders = self.get(call)["work_orders"]
            return orders and orders[-1]["state"] == state and orders[-1]

        return wait_for(there)

    def get(self, call: str) -> dict[str, Any]:
        return self.stack.api.get(f"/v1/service-calls/{call}").raise_for_status().json()

    def wait_for_state(self, call: str, state: str) -> dict[str, Any]:
        """Wait until it is in this state, and return its view."""
        self.stack.wait_for_state("service_call", call, state)
        return self.get(call)

    def post(self, call: str, path: str, **body: Any) -> httpx.Response:
        return self.stack.api.post(f"/v1/service-calls/{call}/{path}", json=body or None)

    def build_replacement(self, enrollment: str, specification: str, **changes: Any) -> dict[str, Any]:
        """Build the device fields of a report that one device was replaced by another."""
        old = self.get_subscription(enrollment)["devices"][0]
        return {
            "device_installed": {"specification": specification, "serial_number": self.stack.unique_name("NEW")},
            "device_removed": {"serial_number": old["serial_number"], "condition": "burnt"},
            **changes,
        }

    def post_completion(self, order: dict[str, Any], outcome: str, **changes: Any) -> httpx.Response:
        report = {
            "completion_id": self.stack.unique_name("visit"),
            "outcome": outcome,
            "technician": "Crew 7",
            "finished_at": "2026-06-03T09:40:00-05:00",
            **changes,
        }
        return self.stack.api.post(f"/v1/work-orders/{order['id']}/completion", json=report)

    def post_accepted_completion(self, order: dict[str, Any], outcome: str, **changes: Any) -> None:
        response = self.post_completion(order, outcome, **changes)
        assert response.status_code == 202, response.text

    def signal_completion(self, call: str, report: Any) -> None:
        """Send a report as a signal, as `temporal workflow signal` does."""

        async def signalled() -> None:
            client = await Client.connect(self.stack.description["temporal_address"])
            await client.get_workflow_handle(f"service-call/{call}").signal("site_visit_completed", report)

        asyncio.run(signalled())

    def wait_for_workflow_end(self, call: str) -> WorkflowExecutionDescription:
        """Wait until the call's workflow has ended, and return its description."""
        return self.stack.wait_for_workflow_end(f"service-call/{call}")

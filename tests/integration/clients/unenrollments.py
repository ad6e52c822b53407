"""Unenrollments through the API of a running stack, and what technicians and operators do about them."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowHandle

from tests.integration.clients.running_stack import RunningStack
from tests.waiting import wait_for


class UnenrollmentClient:
    """Acts as the requester, the technician and the operator."""

    def __init__(self, stack: RunningStack) -> None:
        self.stack = stack

    def get_subscription(self, enrollment: str) -> dict[str, Any]:
        return self.stack.get_enrollment(enrollment)["subscription"]

    def list_device_ids(self, enrollment: str) -> list[str]:
        return [device["id"] for device in self.get_subscription(enrollment)["devices"]]

    def submit(self, enrollment: str, **changes: Any) -> httpx.Response:
        request = {
            "transaction_id": self.stack.unique_name("U"),
            "subscription": self.get_subscription(enrollment)["id"],
            "reason": "device_removed",
            **changes,
        }
        return self.stack.api.post("/v1/program-unenrollments", json=request)

    def submit_accepted(self, enrollment: str, **changes: Any) -> str:
        """Submit a request that must be accepted, and return the unenrollment's id."""
        response = self.submit(enrollment, **changes)
        assert response.status_code == 202, response.text
        return response.json()["id"]

    def get(self, unenrollment: str) -> dict[str, Any]:
        return self.stack.api.get(f"/v1/program-unenrollments/{unenrollment}").raise_for_status().json()

    def wait_for_state(self, unenrollment: str, *states: str) -> dict[str, Any]:
        """Wait until it is in one of these states, and return its view."""
        self.stack.wait_for_state("unenrollment", unenrollment, *states)
        return self.get(unenrollment)

    def unenroll(self, enrollment: str, **changes: Any) -> dict[str, Any]:
        """Submit a request, and wait until its workflow has ended."""
        return self.wait_for_end(self.submit_accepted(enrollment, **changes))

    def wait_for_end(self, unenrollment: str) -> dict[str, Any]:
        """Wait until its workflow has ended, and return the view."""
        self.wait_for_state(unenrollment, "unenrolled", "cancelled", "rejected")
        wait_for(lambda: self.describe_workflow(unenrollment).close_time)
        return self.get(unenrollment)

    def post(self, unenrollment: str, path: str, **body: Any) -> httpx.Response:
        """Call an action of the resource."""
        return self.stack.api.post(f"/v1/program-unenrollments/{unenrollment}/{path}", json=body or None)

    def post_accepted(self, unenrollment: str, path: str, **body: Any) -> str:
        """Call an action that must be accepted, and return the new state."""
        return self.post(unenrollment, path, **body).raise_for_status().json()["state"]

    def wait_for_order(self, unenrollment: str, device: int = 0, state: str = "dispatched") -> str:
        """Wait until the removal order of the device is in this state, and return its id."""

        def there() -> Any:
            found = self.get(unenrollment)["devices"]
            return len(found) > device and found[device]["work_order_state"] == state and found[device]["work_order"]

        return wait_for(there)

    def signal_completion(self, unenrollment: str, order: str, outcome: str) -> None:
        """Send a technician's report as a signal."""
        now = datetime.now(UTC).isoformat()
        name = self.stack.unique_name("C")
        completion = {"outcome": outcome, "technician": "T. Echnician", "finished_at": now, "completion_id": name}
        message = {"work_order_id": order, "completion_id": name, "completion": completion}
        self.signal(unenrollment, "site_visit_completed", message)

    def signal(self, unenrollment: str, name: str, message: Any) -> None:
        async def signalled() -> None:
            await (await self._get_handle(unenrollment)).signal(name, message)

        asyncio.run(signalled())

    def describe_workflow(self, unenrollment: str) -> WorkflowExecutionDescription:
        """Describe the unenrollment's workflow as Temporal knows it."""
        return self.stack.describe_workflow(f"unenroll/{unenrollment}")

    async def _get_handle(self, unenrollment: str) -> WorkflowHandle[Any, Any]:
        client = await Client.connect(self.stack.description["temporal_address"])
        return client.get_workflow_handle(f"unenroll/{unenrollment}")

    def get_capacity_in_use(self, program: str) -> tuple[int, int, float]:
        """Return the program's used capacity: customers, devices, kW."""
        wanted = "SELECT customers, devices, kw FROM program_capacity WHERE program = $1"
        (row,) = self.stack.database.rows(wanted, program)
        return row["customers"], row["devices"], float(row["kw"])

    def enroll(self, program: str, devices: int = 1, **changes: Any) -> str:
        """Enroll this many thermostats, and wait until the DERMS knows them."""
        asked = [
            {"specification": "ecobee-premium", "serial_number": self.stack.unique_name("SN")} for _ in range(devices)
        ]
        return self.stack.enroll(program=program, devices=asked, **changes)

    def add_lending_program(self, **changes: Any) -> str:
        """Add a program whose thermostats the utility lends, and removes or has shipped back."""
        catalog, program = self.stack.get_catalog(), self.stack.unique_name("LENT")
        way = {"installation_method": "bring_your_own", "asset_ownership": "utility_owned"}
        if all(task["code"] != "enroll-lent-device" for task in catalog["service_task_types"]):
            task = {
                "code": "enroll-lent-device",
                "description": "Lent",
                "process_flow": "enroll",
                "device_setup": [way],
            }
            catalog["service_task_types"].append(task)
            self.stack.api.put("/v1/catalog", json=catalog).raise_for_status()
        offers: dict[str, Any] = {"enroll_task": "enroll-lent-device", "offers": [way]}
        self.stack.add_program(program, **{**offers, "removal_method": "utility_removal", **changes})
        return program

    def enroll_lent(self, program: str, devices: int = 1) -> str:
        """Enroll this many lent thermostats."""
        return self.enroll(program, devices, asset_ownership="utility_owned")

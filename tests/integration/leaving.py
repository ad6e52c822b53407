"""Leaving a program through the doors of a running stack, and what may happen to a request on its way."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowHandle

from tests.integration.doors import Doors
from tests.patience import wait_for


class Leaving:
    """What a requester, a technician and an operator do."""

    def __init__(self, doors: Doors) -> None:
        self.doors = doors

    def subscription(self, enrollment: str) -> dict[str, Any]:
        return self.doors.enrollment(enrollment)["subscription"]

    def devices(self, enrollment: str) -> list[str]:
        return [device["id"] for device in self.subscription(enrollment)["devices"]]

    def ask(self, enrollment: str, **changes: Any) -> httpx.Response:
        request = {
            "transaction_id": self.doors.name("U"),
            "subscription": self.subscription(enrollment)["id"],
            "reason": "device_removed",
            **changes,
        }
        return self.doors.api.post("/v1/program-unenrollments", json=request)

    def asked(self, enrollment: str, **changes: Any) -> str:
        """Asks; gives the id of the unenrolment."""
        answer = self.ask(enrollment, **changes)
        assert answer.status_code == 202, answer.text
        return answer.json()["id"]

    def seen(self, unenrollment: str) -> dict[str, Any]:
        return self.doors.api.get(f"/v1/program-unenrollments/{unenrollment}").raise_for_status().json()

    def reaches(self, unenrollment: str, *states: str) -> dict[str, Any]:
        """Waits until it is in one of those states; gives what the API says of it then."""
        self.doors.wait_for_state("unenrollment", unenrollment, *states)
        return self.seen(unenrollment)

    def left(self, enrollment: str, **changes: Any) -> dict[str, Any]:
        """Asks, and waits until it is all over."""
        return self.over(self.asked(enrollment, **changes))

    def over(self, unenrollment: str) -> dict[str, Any]:
        """Waits until its flow has ended."""
        self.reaches(unenrollment, "unenrolled", "cancelled", "rejected")
        wait_for(lambda: self.flow(unenrollment).close_time)
        return self.seen(unenrollment)

    def do(self, unenrollment: str, door: str, **body: Any) -> httpx.Response:
        """Knocks at one of its doors."""
        return self.doors.api.post(f"/v1/program-unenrollments/{unenrollment}/{door}", json=body or None)

    def done(self, unenrollment: str, door: str, **body: Any) -> str:
        """The same, taken; gives the state."""
        return self.do(unenrollment, door, **body).raise_for_status().json()["state"]

    def order(self, unenrollment: str, device: int = 0, state: str = "dispatched") -> str:
        """Waits until an order to fetch the device is in that state; gives its id."""

        def there() -> Any:
            found = self.seen(unenrollment)["devices"]
            return len(found) > device and found[device]["work_order_state"] == state and found[device]["work_order"]

        return wait_for(there)

    def report(self, unenrollment: str, order: str, outcome: str) -> None:
        """A technician's report, as it is signalled by hand."""
        now = datetime.now(UTC).isoformat()
        name = self.doors.name("C")
        completion = {"outcome": outcome, "technician": "T. Echnician", "finished_at": now, "completion_id": name}
        message = {"work_order_id": order, "completion_id": name, "completion": completion}
        self.signal(unenrollment, "site_visit_completed", message)

    def signal(self, unenrollment: str, name: str, message: Any) -> None:
        async def signalled() -> None:
            await (await self._handle(unenrollment)).signal(name, message)

        asyncio.run(signalled())

    def flow(self, unenrollment: str) -> WorkflowExecutionDescription:
        """What Temporal says of the flow."""
        return self.doors.described(f"unenroll/{unenrollment}")

    async def _handle(self, unenrollment: str) -> WorkflowHandle[Any, Any]:
        client = await Client.connect(self.doors.stack["temporal_address"])
        return client.get_workflow_handle(f"unenroll/{unenrollment}")

    def held(self, program: str) -> tuple[int, int, float]:
        """Places taken: customers, devices, kW."""
        wanted = "SELECT customers, devices, kw FROM program_capacity WHERE program = $1"
        (row,) = self.doors.database.rows(wanted, program)
        return row["customers"], row["devices"], float(row["kw"])

    def enrolled(self, program: str, devices: int = 1, **changes: Any) -> str:
        """A new enrolment that the DERMS knows, with so many thermostats."""
        asked = [{"specification": "ecobee-premium", "serial_number": self.doors.name("SN")} for _ in range(devices)]
        return self.doors.enrolled(program=program, devices=asked, **changes)

    def lend(self, **changes: Any) -> str:
        """A program whose thermostats the utility lends: it fetches them, or has them shipped back."""
        catalog, program = self.doors.catalog(), self.doors.name("LENT")
        way = {"installation_method": "bring_your_own", "asset_ownership": "utility_owned"}
        if all(task["code"] != "enroll-lent-device" for task in catalog["service_task_types"]):
            task = {
                "code": "enroll-lent-device",
                "description": "Lent",
                "process_flow": "enroll",
                "device_setup": [way],
            }
            catalog["service_task_types"].append(task)
            self.doors.api.put("/v1/catalog", json=catalog).raise_for_status()
        offers: dict[str, Any] = {"enroll_task": "enroll-lent-device", "offers": [way]}
        self.doors.offer(program, **{**offers, "removal_method": "utility_removal", **changes})
        return program

    def lent(self, program: str, devices: int = 1) -> str:
        """An enrolment with so many lent thermostats."""
        return self.enrolled(program, devices, asset_ownership="utility_owned")

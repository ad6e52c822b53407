"""Having a technician install a device, through the doors of a running stack."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
from temporalio.client import Client

from tests.integration.doors import Doors
from tests.patience import PATIENCE_SECONDS, wait_for


class Installing:
    """What a requester, the office and a technician do."""

    def __init__(self, doors: Doors) -> None:
        self.doors = doors

    def application(self, **changes: Any) -> dict[str, Any]:
        """A request for a switch at the water heater that the utility brings."""
        return self.doors.application(
            self.doors.customers.take(premise_type="single_family"),
            **{
                "program": "WH-SWITCH",
                "installation_method": "utility_installation",
                "asset_ownership": "utility_owned",
                "devices": [],
                "answers": {"heater_fuel": "electricity"},
                "work_order": {"contact_phone": "+1 319 555 0100", "access_notes": "Ring twice; the dog is friendly."},
                **changes,
            },
        )

    def ordered(self, **changes: Any) -> tuple[str, str]:
        """A new enrolment that waits for a technician, and its order."""
        enrollment = self.doors.accepted(self.application(**changes))
        return enrollment, self.order_of(enrollment)["id"]

    def order_of(self, enrollment: str, state: str = "dispatched") -> dict[str, Any]:
        """Waits until its newest order is in that state."""

        def there() -> Any:
            orders = self.doors.enrollment(enrollment)["work_orders"]
            return orders and orders[-1]["state"] == state and orders[-1]

        return wait_for(there)

    def order(self, order: str) -> dict[str, Any]:
        return self.doors.api.get(f"/v1/work-orders/{order}").raise_for_status().json()

    def do(self, order: str, door: str, **body: Any) -> httpx.Response:
        """Knocks at one of its doors."""
        return self.doors.api.post(f"/v1/work-orders/{order}/{door}", json=body)

    def report(self, outcome: str = "completed_as_ordered", **changes: Any) -> dict[str, Any]:
        """What a technician writes."""
        device = {
            "specification": "eaton-lcr-6600s",
            "serial_number": self.doors.name("LCR"),
            "device_location_type": "utility-room",
        }
        installed = {"device_installed": device} if outcome == "completed_as_ordered" else {}
        return {
            "completion_id": self.doors.name("visit"),
            "outcome": outcome,
            "technician": "Crew 7",
            "finished_at": "2026-06-03T09:40:00-05:00",
            **installed,
            **changes,
        }

    def reported(self, order: str, outcome: str = "completed_as_ordered", **changes: Any) -> dict[str, Any]:
        """Sends a report that must be taken in; gives it."""
        report = self.report(outcome, **changes)
        answer = self.do(order, "completion", **report)
        assert answer.status_code == 202, answer.text
        return report

    def rivals(self) -> list[tuple[str, str]]:
        """Two enrolments with their orders, of which the same device was reported: first the one that was sent back."""
        visits = [self.ordered() for _ in range(2)]
        device = self.report()["device_installed"]
        # By hand, so that neither is looked at before both are on their way.
        for enrollment, order in visits:
            report = self.report(device_installed=device)
            message = {"work_order_id": order, "completion_id": report["completion_id"], "completion": report}
            self.signal(enrollment, "site_visit_completed", message)
        wait_for(lambda: any(self.order(order)["sent_back"] for _, order in visits))
        return sorted(visits, key=lambda visit: self.order(visit[1])["sent_back"] is None)

    def looked_at(self, order: str, completion: str) -> str:
        """Waits until the flow has looked at the report; gives what it said."""

        def verdict() -> Any:
            found = [one for one in self.order(order)["completions"] if one["completion_id"] == completion]
            return found and found[0]["verdict"]

        return wait_for(verdict)

    def signal(self, enrollment: str, name: str, message: Any) -> None:
        """By hand, as a client of Temporal's does."""

        async def send() -> None:
            client = await Client.connect(self.doors.stack["temporal_address"])
            await client.get_workflow_handle(f"enroll/{enrollment}").signal(name, message)

        asyncio.run(send())

    def command_line(self, enrollment: str, name: str, message: Any) -> None:
        """By hand, with the real `temporal workflow signal`."""
        temporal = Path(sys.executable).with_name("temporal")
        address = self.doors.stack["temporal_address"]
        to = ["--address", address, "--workflow-id", f"enroll/{enrollment}", "--name", name]
        command = [temporal, "workflow", "signal", *to, "--input", json.dumps(message)]
        subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE_SECONDS)

    def held(self, program: str) -> tuple[Any, ...]:
        """What the program holds: customers, devices, kW."""
        statement = "SELECT customers, devices, kw FROM program_capacity WHERE program = $1"
        return tuple(self.doors.database.rows(statement, program)[0].values())

    def over(self, enrollment: str) -> dict[str, Any]:
        """Waits until its flow has ended."""
        wait_for(lambda: self.doors.flow(enrollment).close_time)
        return self.doors.enrollment(enrollment)

    def offer(self, *, attempts: int = 3, also: Sequence[dict[str, Any]] = (), **changes: Any) -> str:
        """A program of its own like the one for water heaters, which knows also these ways to set a device up; gives
        its code."""
        code, task = self.doors.name("WH"), self.doors.name("task")
        catalog = self.doors.catalog()
        model = next(one for one in catalog["service_task_types"] if one["code"] == "enroll-utility-device")
        level = {**model["service_level"], "attempts": attempts}
        own = {"installation_method": "bring_your_own", "asset_ownership": "customer_owned"}
        ways = (*model["device_setup"], own, *also)
        setup = {(one["installation_method"], one["asset_ownership"]): one for one in ways}
        made = {"code": task, "service_level": level, "device_setup": [*setup.values()]}
        catalog["service_task_types"].append({**model, **made})
        self.doors.api.put("/v1/catalog", json=catalog).raise_for_status()
        self.doors.offer(code, like="WH-SWITCH", enroll_task=task, **changes)
        return code

"""Installations by a technician, through the API of a running stack."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
from temporalio.client import Client

from tests.integration.clients.running_stack import RunningStack
from tests.waiting import WAIT_SECONDS, wait_for


class InstallationClient:
    """Acts as the requester, the office and the technician."""

    def __init__(self, stack: RunningStack) -> None:
        self.stack = stack

    def build_application(self, **changes: Any) -> dict[str, Any]:
        """Build a request for a water heater switch that the utility installs."""
        return self.stack.build_application(
            self.stack.customers.take(premise_type="single_family"),
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

    def enroll_with_order(self, **changes: Any) -> tuple[str, str]:
        """Enroll a customer who waits for a technician; return the ids of the enrollment and its order."""
        enrollment = self.stack.submit_accepted(self.build_application(**changes))
        return enrollment, self.wait_for_order(enrollment)["id"]

    def wait_for_order(self, enrollment: str, state: str = "dispatched") -> dict[str, Any]:
        """Wait until its newest order is in this state, and return the order."""

        def there() -> Any:
            orders = self.stack.get_enrollment(enrollment)["work_orders"]
            return orders and orders[-1]["state"] == state and orders[-1]

        return wait_for(there)

    def get_order(self, order: str) -> dict[str, Any]:
        return self.stack.api.get(f"/v1/work-orders/{order}").raise_for_status().json()

    def post(self, order: str, path: str, **body: Any) -> httpx.Response:
        """Call an action of the resource."""
        return self.stack.api.post(f"/v1/work-orders/{order}/{path}", json=body)

    def build_completion(self, outcome: str = "completed_as_ordered", **changes: Any) -> dict[str, Any]:
        """Build a technician's report."""
        device = {
            "specification": "eaton-lcr-6600s",
            "serial_number": self.stack.unique_name("LCR"),
            "device_location_type": "utility-room",
        }
        installed = {"device_installed": device} if outcome == "completed_as_ordered" else {}
        return {
            "completion_id": self.stack.unique_name("visit"),
            "outcome": outcome,
            "technician": "Crew 7",
            "finished_at": "2026-06-03T09:40:00-05:00",
            **installed,
            **changes,
        }

    def post_accepted_completion(
        self, order: str, outcome: str = "completed_as_ordered", **changes: Any
    ) -> dict[str, Any]:
        """Post a report that must be accepted, and return it."""
        report = self.build_completion(outcome, **changes)
        response = self.post(order, "completion", **report)
        assert response.status_code == 202, response.text
        return report

    def report_one_device_twice(self) -> list[tuple[str, str]]:
        """Report the same device for two enrollments, and return both with their orders, the one that was sent back
        first."""
        visits = [self.enroll_with_order() for _ in range(2)]
        device = self.build_completion()["device_installed"]
        # By signal, so that neither report is processed before both are sent.
        for enrollment, order in visits:
            report = self.build_completion(device_installed=device)
            message = {"work_order_id": order, "completion_id": report["completion_id"], "completion": report}
            self.signal(enrollment, "site_visit_completed", message)
        wait_for(lambda: any(self.get_order(order)["sent_back"] for _, order in visits))
        return sorted(visits, key=lambda visit: self.get_order(visit[1])["sent_back"] is None)

    def wait_for_verdict(self, order: str, completion: str) -> str:
        """Wait until the workflow has processed the report, and return its verdict."""

        def verdict() -> Any:
            found = [one for one in self.get_order(order)["completions"] if one["completion_id"] == completion]
            return found and found[0]["verdict"]

        return wait_for(verdict)

    def signal(self, enrollment: str, name: str, message: Any) -> None:
        """Send a signal with a Temporal client."""

        async def send() -> None:
            client = await Client.connect(self.stack.description["temporal_address"])
            await client.get_workflow_handle(f"enroll/{enrollment}").signal(name, message)

        asyncio.run(send())

    def signal_by_command_line(self, enrollment: str, name: str, message: Any) -> None:
        """Send a signal with the real `temporal workflow signal` command."""
        temporal = Path(sys.executable).with_name("temporal")
        address = self.stack.description["temporal_address"]
        to = ["--address", address, "--workflow-id", f"enroll/{enrollment}", "--name", name]
        command = [temporal, "workflow", "signal", *to, "--input", json.dumps(message)]
        subprocess.run(command, check=True, capture_output=True, timeout=WAIT_SECONDS)

    def get_capacity_in_use(self, program: str) -> tuple[Any, ...]:
        """Return the program's used capacity: customers, devices, kW."""
        statement = "SELECT customers, devices, kw FROM program_capacity WHERE program = $1"
        return tuple(self.stack.database.rows(statement, program)[0].values())

    def wait_for_workflow_end(self, enrollment: str) -> dict[str, Any]:
        """Wait until its workflow has ended, and return the view."""
        wait_for(lambda: self.stack.describe_enroll_workflow(enrollment).close_time)
        return self.stack.get_enrollment(enrollment)

    def add_program(self, *, attempts: int = 3, also: Sequence[dict[str, Any]] = (), **changes: Any) -> str:
        """Add a program like the one for water heaters, with these additional ways to set up a device; return its
        code."""
        code, task = self.stack.unique_name("WH"), self.stack.unique_name("task")
        catalog = self.stack.get_catalog()
        model = next(one for one in catalog["service_task_types"] if one["code"] == "enroll-utility-device")
        level = {**model["service_level"], "attempts": attempts}
        own = {"installation_method": "bring_your_own", "asset_ownership": "customer_owned"}
        ways = (*model["device_setup"], own, *also)
        setup = {(one["installation_method"], one["asset_ownership"]): one for one in ways}
        made = {"code": task, "service_level": level, "device_setup": [*setup.values()]}
        catalog["service_task_types"].append({**model, **made})
        self.stack.api.put("/v1/catalog", json=catalog).raise_for_status()
        self.stack.add_program(code, like="WH-SWITCH", enroll_task=task, **changes)
        return code

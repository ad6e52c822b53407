"""Random actions of people, technicians and the DERMS on one small program.

A number selects the row to act on, modulo the number of rows; so the same numbers mean the same again, and fewer of
them still mean something.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from temporalio.client import Client

from rules.synchronization.snapshots import message_key
from tests.integration.clients.batch_runs import complete_run
from tests.integration.clients.cis_records import build_cis_record
from tests.integration.clients.installations import InstallationClient
from tests.integration.clients.running_stack import RunningStack

OWN = {"installation_method": "bring_your_own", "asset_ownership": "customer_owned"}
BROUGHT = {"installation_method": "utility_installation", "asset_ownership": "utility_owned"}
SENT = {"installation_method": "self_installation", "asset_ownership": "utility_owned"}
CHECKED = {"installation_method": "bring_your_own", "asset_ownership": "utility_owned"}
WAYS: dict[str, dict[str, str]] = {"own": OWN, "brought": BROUGHT, "sent": SENT, "checked": CHECKED}
"""The ways to set up a device: it is there, a technician installs it, it is shipped and checked, it is there and
checked."""

CAPACITY = {"customers": 3, "devices": 4, "waitlist": True}
_TAKEN = {200, 201, 202}
_REFUSED = {404, 409, 422}


class RandomActions:
    """Does one action each, whether or not it is allowed now; a refusal must be a proper one."""

    def __init__(self, stack: RunningStack, customers: list[dict[str, str]]) -> None:
        self.stack = stack
        self.installations = InstallationClient(stack)
        self.customers = customers
        offers = [*WAYS.values(), {"installation_method": "utility_installation", "asset_ownership": "customer_owned"}]
        checks = ["device_status_check"]
        self.program = self.installations.add_program(
            attempts=2,
            also=[{**SENT, "steps": ["ship_device", *checks]}, {**CHECKED, "steps": checks}],
            offers=offers,
            capacity=CAPACITY,
            devices={"minimum": 1, "maximum": 2},
            visits_customer_owned=True,
        )
        self.since: int = stack.database.value("SELECT coalesce(max(id), 0) FROM audit_entry")
        self.serials = [stack.unique_name("LCR")]
        self._reports: list[tuple[str, dict[str, Any]]] = []
        self._last: dict[str, Any] | None = None

    def _pick_row(self, table: str, number: int, columns: str = "id") -> Any:
        """Return the program's row with this number, modulo their count, or None if there is none."""
        rows = self.stack.database.rows(
            f"SELECT {columns} FROM {table} WHERE program = $1 ORDER BY {table}.id",
            self.program,
        )
        return rows[number % len(rows)] if rows else None

    def _post(self, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        response = self.stack.api.post(path, json=body)
        assert response.status_code in _TAKEN | _REFUSED, (path, body, response.text)
        return response

    def _pick_serial_number(self, *, known: int | None = None) -> str:
        if known is not None:
            return self.serials[known % len(self.serials)]
        self.serials.append(self.stack.unique_name("LCR"))
        return self.serials[-2]

    def _build_device(self, known: int | None = None) -> dict[str, str]:
        place = {"specification": "eaton-lcr-6600s", "device_location_type": "utility-room"}
        return {**place, "serial_number": self._pick_serial_number(known=known)}

    def enroll(self, customer: int, way: str, devices: int, known: int | None) -> None:
        """Submit a request with this many devices, or with none if they are installed or shipped."""
        who = self.customers[customer % len(self.customers)]
        devices = devices if way in ("own", "checked") else 0
        asked = [self._build_device(known if position == 0 else None) for position in range(devices)]
        self._last = self.stack.build_application(
            who, program=self.program, devices=asked, answers={"heater_fuel": "electricity"}, **WAYS[way]
        )
        if way == "brought":
            self._last["work_order"] = {"contact_phone": "+1 319 555 0100"}
        self._post("/v1/program-enrollments", self._last)

    def resubmit(self) -> None:
        """Submit the last request again, unchanged."""
        if self._last is not None:
            self._post("/v1/program-enrollments", self._last)

    def act_on(self, table: str, number: int, word: str, **body: Any) -> None:
        """Call an action of an enrollment, unenrollment, service call, work order or sync request."""
        stack = {
            "enrollment": "program-enrollments",
            "unenrollment": "program-unenrollments",
            "service_call": "service-calls",
            "work_order": "work-orders",
            "sync_request": "sync-requests",
        }
        if found := self._pick_row(table, number):
            self._post(f"/v1/{stack[table]}/{found['id']}/{word}", body or None)

    def appoint(self, order: int, day: int) -> None:
        window = {"start": f"2031-06-{day:02}T08:00:00-05:00", "end": f"2031-06-{day:02}T10:00:00-05:00"}
        self.act_on("work_order", order, "appointment", **window, technician="Crew 7")

    def report(self, order: int, outcome: str, known: int | None) -> None:
        """Post a technician's report, about a new device or a known one."""
        found = self._pick_row("work_order", order, "id, kind, device_id")
        if found is None:
            return
        self._reports.append((found["id"], self._build_report(found, outcome, known)))
        self._post(f"/v1/work-orders/{found['id']}/completion", self._reports[-1][1])

    def _build_report(self, order: dict[str, Any], outcome: str, known: int | None) -> dict[str, Any]:
        report = {**self.installations.build_completion("no_access"), "outcome": outcome}
        if (order["kind"], outcome) == ("install", "completed_as_ordered"):
            report["device_installed"] = self._build_device(known)
        if outcome == "device_replaced":
            old = self.stack.database.value("SELECT serial_number FROM device WHERE id = $1", order["device_id"])
            report["device_installed"] = self._build_device(known)
            report["device_removed"] = {"serial_number": old or "unknown", "condition": "burnt"}
        return report

    def report_again(self, number: int) -> None:
        """Post an earlier report again, whatever became of it."""
        if self._reports:
            order, report = self._reports[number % len(self._reports)]
            self._post(f"/v1/work-orders/{order}/completion", report)

    def signal_report_to_another(self, number: int, enrollment: int) -> None:
        """Signal a report to a workflow that it may not concern."""
        found = self._pick_row("enrollment", enrollment)
        if self._reports and found:
            order, report = self._reports[number % len(self._reports)]
            message = {"work_order_id": order, "completion_id": report["completion_id"], "completion": report}
            asyncio.run(self._signal(f"enroll/{found['id']}", message))

    async def _signal(self, workflow_id: str, message: dict[str, Any]) -> None:
        handle = (await Client.connect(self.stack.description["temporal_address"])).get_workflow_handle(workflow_id)
        if (await handle.describe()).close_time is None:
            await handle.signal("site_visit_completed", message)

    def advance_shipment(self, shipment: int, word: str, known: int | None) -> None:
        """Advance a shipment: it is shipped, delivered or returned, or the customer confirms a device, new or known."""
        found = self._pick_row("device_shipment", shipment)
        if found is None:
            return
        bodies: dict[str, dict[str, Any] | None] = {
            "shipped": {"carrier": "Parcel Post"},
            "delivered": None,
            "returned": {"reason": "address unknown"},
        }
        body = {"confirmed_by": "customer", **self._build_device(known)} if word == "confirmed" else bodies[word]
        self._post(f"/v1/shipments/{found['id']}/{word}", body)

    def set_head_end_mode(self, how: str) -> None:
        """Set whether the head-end answers immediately, by callback, or not at all."""
        self.stack.head_end.put("/faults", json={"answer": how}).raise_for_status()

    def set_device_state(self, number: int, state: str) -> None:
        """Set the state of a device at its head-end: the next one's first, then the newest one's."""
        serial = self.serials[-1 - number % len(self.serials)]
        self.stack.head_end.put(f"/devices/{serial}", json={"state": state}).raise_for_status()

    def bring_devices_online(self) -> None:
        """Bring silent devices online, so that they answer all requests."""
        for device in self.stack.head_end.get("/devices").raise_for_status().json()["items"]:
            if device["state"] == "silent":
                self.stack.head_end.put(f"/devices/{device['device']}", json={"state": "online"}).raise_for_status()

    def send_head_end_callback(self, number: int, outcome: str) -> None:
        """Send a callback about any request that the head-end received."""
        wanted = (
            "SELECT r.id FROM head_end_request r JOIN enrollment e ON e.id = r.enrollment_id WHERE e.program = $1"
            " ORDER BY r.id"
        )
        asked = self.stack.database.rows(wanted, self.program)
        if asked:
            response = self.stack.head_end.post(
                f"/requests/{asked[number % len(asked)]['id']}/answer", json={"outcome": outcome}
            )
            assert response.status_code in {200, 404}, response.text

    def unenroll(self, enrollment: int, reason: str, method: str | None, *, partly: bool, later: bool) -> None:
        found = self._pick_row("program_subscription", enrollment, "id")
        if found is None:
            return
        devices = self._list_devices(found["id"])[: 1 if partly else None]
        asked = [{"device": one, "removal_method": method} for one in devices] if partly or method else []
        body: dict[str, Any] = {
            "transaction_id": self.stack.unique_name("U"),
            "subscription": found["id"],
            "reason": reason,
        }
        if later:
            body["effective_date"] = "2031-06-01"
        self._post("/v1/program-unenrollments", {**body, "devices": asked})

    def _list_devices(self, subscription: str) -> list[str]:
        wanted = "SELECT device_id FROM subscription_device WHERE subscription_id = $1 ORDER BY 1"
        return [row["device_id"] for row in self.stack.database.rows(wanted, subscription)]

    def end_removal(self, unenrollment: int, device: int, word: str) -> None:
        """End the removal of a device, now or in advance."""
        found = self._pick_row("unenrollment", unenrollment, "id, subscription_id")
        devices = self._list_devices(found["subscription_id"]) if found else []
        if devices:
            body = {"reason": "Let them have it."} if word == "kept" else None
            path = f"/v1/program-unenrollments/{found['id']}/devices/{devices[device % len(devices)]}/{word}"
            self._post(path, body)

    def open_service_call(self, subscription: int, device: int, action: str | None) -> None:
        found = self._pick_row("program_subscription", subscription, "id")
        devices = self._list_devices(found["id"]) if found else []
        if not devices:
            return
        body = {
            "transaction_id": self.stack.unique_name("C"),
            "subscription": found["id"],
            "device": devices[device % len(devices)],
            "problem": {"code": "offline"},
            **({"action": action} if action else {}),
            **({"work_request": {"access_notes": "Ring twice."}} if action == "work_request" else {}),
        }
        self._post("/v1/service-calls", body)

    def set_derms_mode(self, how: str) -> None:
        """Set whether the DERMS acknowledges immediately or only when forced."""
        self.stack.set_derms_faults(acknowledge=how)

    def set_derms_refusal(self, *, everything: bool) -> None:
        """Set whether the DERMS knows no program, or all of them."""
        self.stack.derms.put("/reference", json={"programs": []} if everything else {}).raise_for_status()

    def acknowledge(self, number: int, result: str | None, times: int) -> None:
        """Force the DERMS to acknowledge a message, however old, with a dictated result or its own, this many times
        with the same acknowledgement or with new ones."""
        found = self._pick_row("sync_request", number, "id, revision")
        if found is None:
            return
        for _ in range(times):
            path = f"/sync-messages/{message_key(found['id'], found['revision'])}/acknowledge"
            response = self.stack.derms.post(path, json={"result": result} if result else None)
            assert response.status_code in {200, 404}, response.text

    def send_cis_news(self, customer: int, leaves: str) -> None:
        """Import a CIS record: the customer has moved out, will move out, or stays."""
        days = {"gone": -2, "later": 1000}
        on = (datetime.now(UTC) + timedelta(days[leaves])).date().isoformat() if leaves in days else None
        texts = build_cis_record(self.customers[customer % len(self.customers)], **({"effective_to": on} if on else {}))
        response = self.stack.api.put("/v1/customers", json={"customers": [texts]}).raise_for_status().json()
        assert response["errors"] == []

    def run_batch(self, name: str) -> None:
        complete_run(self.stack, name)

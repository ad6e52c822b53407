"""The people and systems that a workflow waits for: technicians, the office, customers, program managers, the
warehouse."""

from collections.abc import Callable
from typing import Any

from httpx import codes

from models.ids import enrollment_workflow_id, service_call_workflow_id, unenrollment_workflow_id
from models.messages.signals import CANCEL_REQUESTED
from models.messages.unenrollment import DAY_CHANGED
from tests.integration.clients.device_setup import DeviceSetupClient
from tests.integration.clients.installations import InstallationClient
from tests.integration.clients.running_stack import RunningStack

_IN_VAIN = "program IN ('CALLED_OFF', 'LATE_FETCH', 'LATE_CALL') AND attempt = 1"
_FIRST = (
    "NOT EXISTS (SELECT FROM {0} earlier WHERE earlier.journey = {0}.journey AND earlier.created_at < {0}.created_at)"
)
_FIRST_ORDER, _FIRST_SHIPMENT = _FIRST.format("work_order"), _FIRST.format("device_shipment")


class SimulatedActors:
    """Does whatever the workflows wait for, and does it twice, like a client whose response was lost.

    Actors of a LATE kind act only after a reminder or an escalation.
    """

    def __init__(
        self, stack: RunningStack, setup: DeviceSetupClient, signal: Callable[[str, str, dict[str, str]], None]
    ) -> None:
        self._database, self._api = stack.database, stack.api
        self._stack, self._setup, self._signal = stack, setup, signal
        self._installing = InstallationClient(stack)
        self._helped: set[tuple[str, str]] = set()

    def act(self) -> None:
        """Do everything that workflows wait for now."""
        self._complete_visits()
        self._send_parcels()
        self._advance_unenrollments()
        self._cancel("enrollment", "state = 'awaiting_site_visit' AND program = 'WITHDRAWN'", enrollment_workflow_id)
        self._cancel("unenrollment", "state = 'scheduled' AND program = 'STAYING'", unenrollment_workflow_id)
        self._cancel("service_call", "state = 'troubleshooting' AND program = 'RECALLED'", service_call_workflow_id)
        self._resolve_attention()

    def _complete_visits(self) -> None:
        cancelled_orders = f"state = 'dispatched' AND program = 'CALLED_OFF' AND {_FIRST_ORDER}"
        for order in self._list_new("work_order", cancelled_orders):
            self._post(f"work-orders/{order}/cancel", reason="The crew is ill.")
        visited = (
            "state IN ('dispatched', 'rescheduled') AND program NOT IN ('WITHDRAWN', 'LATE_VISIT')"
            " AND (attempt > 1 OR program NOT LIKE 'LATE_%' OR escalated_at IS NOT NULL)"
        )
        first = self._list_new("work_order", f"{visited} AND attempt = 1 AND NOT ({cancelled_orders})")
        for order in [*first, *self._list_new("work_order", f"{visited} AND attempt > 1")]:
            self._post_twice(f"work-orders/{order}/completion", **self._build_report(order))

    def _send_parcels(self) -> None:
        back = f"state = 'ordered' AND program = 'LATE_PARCEL' AND {_FIRST_SHIPMENT}"
        for shipment in self._list_new("device_shipment", f"{back} AND escalated_at IS NOT NULL"):
            self._post(f"shipments/{shipment}/shipped", carrier="Parcel Post")
            self._post_twice(f"shipments/{shipment}/returned", reason="address unknown")
        for shipment in self._list_new("device_shipment", f"state = 'ordered' AND NOT ({back})"):
            self._post_twice(f"shipments/{shipment}/confirmed", confirmed_by="customer", **self._setup.build_device())

    def _advance_unenrollments(self) -> None:
        for one in self._list_new("unenrollment", "state = 'awaiting_approval' AND program = 'APPROVED'"):
            self._post(f"program-unenrollments/{one}/approval", approved=True, reason="never took part")
        for one in self._list_new("unenrollment", "state = 'scheduled' AND program = 'APPROVED'"):
            self._database.execute("UPDATE unenrollment SET effective_at = now() WHERE id = $1", one)
            self._signal(unenrollment_workflow_id(one), DAY_CHANGED, {})
        asked_again = "program = 'LATE_RETURN' AND (devices->0->>'reminders')::int > 2"
        shipped = (
            f"state = 'removing' AND program = 'RETURNED' OR state IN ('removing', 'needs_attention') AND {asked_again}"
        )
        for one in self._list_new("unenrollment", shipped):
            (device,) = self._api.get(f"/v1/program-unenrollments/{one}").raise_for_status().json()["devices"]
            self._post_twice(f"program-unenrollments/{one}/devices/{device['id']}/received")

    def _resolve_attention(self) -> None:
        """Bring silent devices online; retry everything else that needs attention."""
        mute = "SELECT id FROM {} WHERE state = 'needs_attention' AND program IN ('SILENT', 'MUTE')"
        asked = f"journey IN ({mute.format('enrollment')} UNION ALL {mute.format('service_call')})"
        for one in self._list_new("head_end_request", asked, "serial_number"):
            self._setup.head_end.set_device_state({"serial_number": one}, "online")
        for table, path in (
            ("enrollment", "program-enrollments"),
            ("unenrollment", "program-unenrollments"),
            ("service_call", "service-calls"),
        ):
            # A step that was done and not recorded is repeated, and may park a request that somebody has retried
            # already. Its workflow, which received that retry, may continue before somebody retries again.
            times = f"(SELECT count(*) FROM audit_entry WHERE subject = {table}.id AND after = 'needs_attention')"
            stuck = "state = 'needs_attention' AND program NOT IN ('SILENT', 'MUTE')"
            for one in self._list_new(table, stuck, f"id || ' ' || {times}"):
                response = self._api.post(f"/v1/{path}/{one.split()[0]}/retry")
                assert response.is_success or response.status_code == codes.CONFLICT, response.text
        for one in self._list_new("sync_request", "state = 'error'"):
            self._post(f"sync-requests/{one}/retry")

    def _cancel(self, table: str, waiting: str, get_workflow_id: Callable[[str], str]) -> None:
        """Signal the cancellation to the workflow itself, which records it."""
        for one in self._list_new(table, waiting):
            self._signal(get_workflow_id(one), CANCEL_REQUESTED, {"reason": "It is not wanted any more."})

    def _list_new(self, table: str, waiting: str, what: str = "id") -> list[str]:
        """Return the rows that wait like this and were not returned before."""
        found = [row["what"] for row in self._database.rows(f"SELECT {what} AS what FROM {table} WHERE {waiting}")]
        new = [one for one in found if (one, waiting) not in self._helped]
        self._helped.update((one, waiting) for one in new)
        return new

    def _post(self, path: str, **body: Any) -> None:
        self._api.post(f"/v1/{path}", json=body or None).raise_for_status()

    def _post_twice(self, path: str, **body: Any) -> None:
        for _ in range(2):
            self._post(path, **body)

    def _build_report(self, order: str) -> dict[str, Any]:
        """Build the report of a technician who did the ordered work or found nobody at home."""
        (row,) = self._database.rows(
            f"SELECT w.kind, w.program, {_IN_VAIN} AS in_vain, d.serial_number FROM work_order w"
            " LEFT JOIN device d ON d.id = w.device_id WHERE w.id = $1",
            order,
        )
        if row["in_vain"]:
            return self._installing.build_completion("no_access")
        report = self._installing.build_completion()
        if row["kind"] == "remove":
            del report["device_installed"]
        if row["kind"] == "troubleshoot":
            new = {"specification": "ecobee-premium", "serial_number": self._stack.unique_name("NEW")}
            old = {"serial_number": row["serial_number"]}
            report |= {"outcome": "device_replaced", "device_installed": new, "device_removed": old}
        return report

"""Journeys of every kind, so many of each that one stands at every place of its flow and one comes through; and what
people do on their way."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from httpx import codes
from temporalio.client import Client

from models.ids import enrollment_workflow_id, service_call_workflow_id, unenrollment_workflow_id
from models.messages.enroll import CANCEL_REQUESTED
from models.messages.unenroll import DAY_CHANGED
from tests.integration.batches import rested, run
from tests.integration.doors import Doors, wait_for
from tests.integration.installing import Installing
from tests.integration.leaving import Leaving
from tests.integration.setting_up import Setup

ENROLLING = {"OWN": 8, "INSTALLED": 14, "SHIPPED": 19, "CHECKED": 17, "WITHDRAWN": 7}
LEAVING = {"KEPT": 10, "APPROVED": 14, "FETCHED": 16, "RETURNED": 12, "STAYING": 5}
CALLING = {"ADVISED": 3, "RESTARTED": 11, "REPLACED": 16, "RECALLED": 5}
TELLING = {"HANDED_OVER": 6, "HELD_BACK": 3, "UNANSWERED": 6}
"""Enrolled, and the batches see to it that the DERMS is told: it was never to be, so that the initial load has a flow
started for it; the monitor sends it with others in one; the answer was lost, and the monitor has it asked for."""
BATCHES = {"sync-request-monitor": 14, "reconciliation": 8, "initial-load": 18}
HOW_MANY = ENROLLING | LEAVING | CALLING | TELLING

_OFFERS = {
    "REPLACED": {"visits_customer_owned": True},
    "HELD_BACK": {"sync_policy": "batched"},
    "RETURNED": {"removal_method": "ship_back"},
}
_LENT = {"asset_ownership": "utility_owned"}
_PARCEL = {"installation_method": "self_installation", "devices": [], **_LENT}
_DAY = {"reason": "device_removed", "effective_date": "2031-07-01"}
_LEAVING: dict[str, dict[str, str]] = {
    "KEPT": {"reason": "customer_opt_out"},
    "APPROVED": {**_DAY, "reason": "non_participation"},
    "STAYING": _DAY,
    "FETCHED": {"reason": "device_removed"},
    "RETURNED": {"reason": "device_removed"},
}
_OFFLINE: dict[str, Any] = {"problem": {"code": "offline"}}
_CALLING: dict[str, dict[str, Any]] = {
    "ADVISED": {**_OFFLINE, "action": "advice"},
    "RESTARTED": {**_OFFLINE, "action": "remote_action"},
    "REPLACED": {**_OFFLINE, "action": "work_request", "work_request": {"access_notes": "Ring twice."}},
    "RECALLED": _OFFLINE,
}


class Journeys:
    """What was asked for, by kind: each has a program of its own, whose code is its name, or is a batch."""

    def __init__(self, doors: Doors) -> None:
        self.doors = doors
        self.enrollments: dict[str, list[str]] = {}
        self.unenrollments: dict[str, list[str]] = {}
        self.calls: dict[str, list[str]] = {}
        self._installing, self._leaving = Installing(doors), Leaving(doors)
        self._setup = Setup(doors)
        self._helped: set[tuple[str, str]] = set()
        self._temporal = asyncio.Runner()
        self._client = self._temporal.run(Client.connect(doors.stack["temporal_address"]))

    def close(self) -> None:
        """The Temporal client and its loop."""
        self._setup.cloud.close()
        self._temporal.close()

    def prepare(self) -> None:
        """Those who shall leave, call, or be told of are enrolled, and the DERMS knows it."""
        self._offer()
        self._enroll([*LEAVING, *CALLING, "HANDED_OVER"], "synchronized")
        self.doors.database.execute("DELETE FROM sync_request WHERE program = 'HANDED_OVER'")
        self._enroll(["HELD_BACK"], "pending")
        self.doors.faults(lost_acknowledgement_share=1)
        self._enroll(["UNANSWERED"], "awaiting_acknowledgement")
        wait_for(self._answers_are_lost)
        self.doors.derms.delete("/faults")
        for row in self.doors.database.rows("SELECT id FROM enrollment WHERE program = 'UNANSWERED'"):
            rested(self.doors, row["id"])

    def _answers_are_lost(self) -> bool:
        answers = Counter(one["callback"] for one in self.doors.listed("/sync-messages"))
        return answers["lost"] == HOW_MANY["UNANSWERED"]

    def _offer(self) -> None:
        """A program for each kind."""
        alike: dict[str, tuple[str, ...]] = {
            "WH-SWITCH": ("INSTALLED", "WITHDRAWN"),
            "TSTAT-KIT": ("SHIPPED", "CHECKED"),
            self._leaving.lend(): ("FETCHED", "RETURNED"),
        }
        alike["TSTAT-DR"] = tuple(HOW_MANY.keys() - {kind for kinds in alike.values() for kind in kinds})
        for like, kinds in alike.items():
            self.doors.offer_all({kind: _OFFERS.get(kind, {}) for kind in kinds}, like)

    def _enroll(self, kinds: Sequence[str], state: str) -> None:
        """Until their messages stand so."""
        for kind in kinds:
            lent = _LENT if kind in ("FETCHED", "RETURNED") else {}
            for _ in range(HOW_MANY[kind]):
                self.doors.accepted(self.doors.application(program=kind, **lent))
        asked = "SELECT count(*) FROM sync_request WHERE state = $1 AND program = ANY($2)"
        count = sum(HOW_MANY[kind] for kind in kinds)
        wait_for(lambda: self.doors.database.value(asked, state, kinds) == count, 60)

    def begin(self) -> None:
        """All of them, as fast as one after the other can be."""
        for name, count in BATCHES.items():
            for _ in range(count):
                run(self.doors, name)
        for kind, count in ENROLLING.items():
            self.enrollments[kind] = [self._applied(kind) for _ in range(count)]
        for kind in CALLING:
            self.calls[kind] = [self._asked("service-calls", **one, **_CALLING[kind]) for one in self._takes_part(kind)]
        for kind in LEAVING:
            self.unenrollments[kind] = [
                self._asked("program-unenrollments", subscription=one["subscription"], **_LEAVING[kind])
                for one in self._takes_part(kind)
            ]

    def _takes_part(self, kind: str) -> list[dict[str, str]]:
        return self.doors.database.rows(
            "SELECT s.id AS subscription, d.device_id AS device FROM program_subscription s"
            " JOIN subscription_device d ON d.subscription_id = s.id WHERE s.program = $1",
            kind,
        )

    def _asked(self, door: str, **wish: Any) -> str:
        answer = self.doors.api.post(f"/v1/{door}", json={"transaction_id": self.doors.name(), **wish})
        assert answer.status_code == codes.ACCEPTED, answer.text
        return answer.json()["id"]

    def _applied(self, kind: str) -> str:
        match kind:
            case "SHIPPED":
                return self._setup.applied(program=kind, **_PARCEL)
            case "CHECKED":
                return self._setup.applied(program=kind, devices=[self._setup.device()])
            case "OWN":
                return self.doors.accepted(self.doors.application(program=kind))
            case _:
                return self.doors.accepted(self._installing.application(program=kind))

    def help_on(self) -> None:
        """Whoever is waited for does their part, and twice, as one does who got no answer."""
        for order in self._new("work_order", "state = 'dispatched' AND program <> 'WITHDRAWN'"):
            self._twice(f"work-orders/{order}/completion", **self._report(order))
        for shipment in self._new("device_shipment", "state = 'ordered'"):
            self._twice(f"shipments/{shipment}/confirmed", confirmed_by="customer", **self._setup.device())
        for one in self._new("unenrollment", "state = 'awaiting_approval' AND program = 'APPROVED'"):
            self._leaving.done(one, "approval", approved=True, reason="never took part")
        for one in self._new("unenrollment", "state = 'removing' AND program = 'RETURNED'"):
            (device,) = self._leaving.seen(one)["devices"]
            self._twice(f"program-unenrollments/{one}/devices/{device['id']}/received")
        for one in self._new("unenrollment", "state = 'scheduled' AND program = 'APPROVED'"):
            self.doors.database.execute("UPDATE unenrollment SET effective_at = now() WHERE id = $1", one)
            self._signal(unenrollment_workflow_id(one), DAY_CHANGED, {})
        self._take_back("enrollment", "state = 'awaiting_site_visit' AND program = 'WITHDRAWN'", enrollment_workflow_id)
        self._take_back("unenrollment", "state = 'scheduled' AND program = 'STAYING'", unenrollment_workflow_id)
        self._take_back("service_call", "state = 'troubleshooting' AND program = 'RECALLED'", service_call_workflow_id)

    def _take_back(self, table: str, waiting: str, flow_of: Callable[[str], str]) -> None:
        """Said to the flow itself, which writes it down then."""
        for one in self._new(table, waiting):
            self._signal(flow_of(one), CANCEL_REQUESTED, {"reason": "It is not wanted any more."})

    def asked_of_head_ends(self) -> list[str]:
        """What they were asked to do with a device, once for each request under a key of its own."""
        return [one["asked"] for one in self._setup.cloud.requests()]

    def _signal(self, workflow_id: str, name: str, message: dict[str, str]) -> None:
        self._temporal.run(self._client.get_workflow_handle(workflow_id).signal(name, message))

    def _new(self, table: str, waiting: str) -> list[str]:
        """Those that wait so and were not found before."""
        found = [row["id"] for row in self.doors.database.rows(f"SELECT id FROM {table} WHERE {waiting}")]
        new = [one for one in found if (one, waiting) not in self._helped]
        self._helped.update((one, waiting) for one in new)
        return new

    def _twice(self, door: str, **body: Any) -> None:
        for _ in range(2):
            self.doors.api.post(f"/v1/{door}", json=body or None).raise_for_status()

    def _report(self, order: str) -> dict[str, Any]:
        """What a technician writes who did what was ordered."""
        (row,) = self.doors.database.rows(
            "SELECT w.kind, d.serial_number FROM work_order w LEFT JOIN device d ON d.id = w.device_id WHERE w.id = $1",
            order,
        )
        report = self._installing.report()
        if row["kind"] == "remove":
            del report["device_installed"]
        if row["kind"] == "troubleshoot":
            new = {"specification": "ecobee-premium", "serial_number": self.doors.name("NEW")}
            old = {"serial_number": row["serial_number"]}
            report |= {"outcome": "device_replaced", "device_installed": new, "device_removed": old}
        return report

    def messages_on_their_way(self) -> bool:
        """To a flow, from our own record."""
        return self.doors.database.value("SELECT EXISTS (SELECT FROM outbox_message)")

    def unsettled(self) -> bool:
        """Whether our own record has something that is not final."""
        return self.doors.database.value(
            "SELECT EXISTS (SELECT FROM enrollment WHERE state NOT IN ('enrolled', 'cancelled'))"
            " OR EXISTS (SELECT FROM unenrollment WHERE state NOT IN ('unenrolled', 'cancelled'))"
            " OR EXISTS (SELECT FROM service_call WHERE state NOT IN ('closed', 'cancelled'))"
            " OR EXISTS (SELECT FROM sync_request WHERE state <> 'synchronized')"
            " OR EXISTS (SELECT FROM batch_run WHERE state = 'running')"
        )

    def under_way(self) -> set[str]:
        """The flows that there must be and that have not ended, whether Temporal knows them yet or not."""
        return self._begun() - self._temporal.run(self._ended())

    async def _ended(self) -> set[str]:
        return {one.id async for one in self._client.list_workflows("ExecutionStatus = 'Completed'")}

    def _begun(self) -> set[str]:
        told = "SELECT workflow_id AS id FROM sync_request UNION SELECT workflow_id FROM batch_run"
        return {row["id"] for row in self.doors.database.rows(told)} | {
            flow_of(one)
            for kinds, flow_of in (
                (self.enrollments, enrollment_workflow_id),
                (self.unenrollments, unenrollment_workflow_id),
                (self.calls, service_call_workflow_id),
            )
            for many in kinds.values()
            for one in many
        }

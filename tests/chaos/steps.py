"""Installations, service calls and departures, a handful of each; their worker is killed at one step after another."""

import json
from collections.abc import Callable
from typing import Any

from tests.chaos.worker_alone import WorkerAlone
from tests.integration.doors import Doors, wait_for
from tests.integration.installing import Installing

HANDFUL = 4
PATIENCE_SECONDS = 45
KILLED_AT = ("wo:created", "wo:completed", "syn:sending", "syn:synchronized")
"""As soon as one has come so far, while the others are in the midst of it."""
OWN = {"installation_method": "bring_your_own", "asset_ownership": "customer_owned"}
BROUGHT = {"installation_method": "utility_installation", "asset_ownership": "utility_owned"}


class Steps:
    """What was begun, by flow; and what the worker was doing whenever it was killed."""

    def __init__(self, doors: Doors) -> None:
        self.doors = doors
        self.installing = Installing(doors)
        self.program = self.installing.offer(offers=[BROUGHT, OWN], visits_customer_owned=True)
        self.enrollments: list[str] = []
        self.calls: list[str] = []
        self.unenrollments: list[str] = []
        self.replacements: dict[str, str] = {}
        self._reported: set[str] = set()

    def take(self, worker: WorkerAlone) -> None:
        """Everything from beginning to end."""
        there = self._enrolled(2 * HANDFUL)
        self._begin(there[:HANDFUL], there[HANDFUL:])
        for action in KILLED_AT:
            self._wait(action, lambda action=action: self._done(action))
            worker.kill()
        self._wait("all is over", self._over)

    def _enrolled(self, count: int) -> list[str]:
        made = [
            self.doors.accepted(self._application(devices=[self._device()], **OWN, work_order=None))
            for _ in range(count)
        ]
        self._wait("own devices are known", lambda: self._count("sync_request", "synchronized") == count)
        return made

    def _application(self, **changes: Any) -> dict[str, Any]:
        return self.installing.application(program=self.program, **changes)

    def _device(self) -> dict[str, str]:
        return self.installing.report()["device_installed"]

    def _begin(self, to_be_helped: list[str], to_be_left: list[str]) -> None:
        self.enrollments = [self.doors.accepted(self._application()) for _ in range(HANDFUL)]
        for enrollment in to_be_helped:
            subscription = self.doors.enrollment(enrollment)["subscription"]
            (device,) = subscription["devices"]
            call = {"subscription": subscription["id"], "device": device["id"], "problem": {"code": "offline"}}
            wish = {"action": "work_request", "work_request": {"access_notes": "Ring twice."}}
            self.calls.append(self._asked("/v1/service-calls", {**call, **wish}))
        for enrollment in to_be_left:
            subscription = self.doors.enrollment(enrollment)["subscription"]["id"]
            wish = {"reason": "device_removed", "subscription": subscription}
            self.unenrollments.append(self._asked("/v1/program-unenrollments", wish))

    def _asked(self, door: str, body: dict[str, Any]) -> str:
        answer = self.doors.api.post(door, json={"transaction_id": self.doors.name("X"), **body})
        assert answer.status_code == 202, answer.text
        return answer.json()["id"]

    def _report(self) -> None:
        """Each technician who has an order reports, and twice, as one does who got no answer."""
        for order in self._orders("dispatched"):
            if order["id"] in self._reported:
                continue
            self._reported.add(order["id"])
            report = self.installing.report("no_access")
            report["outcome"] = "device_replaced" if order["kind"] == "troubleshoot" else "completed_as_ordered"
            if order["kind"] != "remove":
                report["device_installed"] = self._device()
            if order["kind"] == "troubleshoot":
                report["device_removed"] = {"serial_number": order["serial_number"]}
                self.replacements[order["journey"]] = report["device_installed"]["serial_number"]
            for _ in range(2):
                self.installing.do(order["id"], "completion", **report).raise_for_status()

    def _orders(self, state: str) -> list[dict[str, Any]]:
        return self.doors.database.rows(
            "SELECT w.id, w.kind, w.journey, d.serial_number FROM work_order w LEFT JOIN device d ON d.id = w.device_id"
            " WHERE w.program = $1 AND w.state = $2",
            self.program,
            state,
        )

    def _over(self) -> bool:
        """Whether all requests and messages are final."""
        self._report()
        return not self.doors.database.value(
            "SELECT (SELECT count(*) FROM enrollment WHERE program = $1 AND state <> 'enrolled')"
            " + (SELECT count(*) FROM service_call WHERE program = $1 AND state <> 'closed')"
            " + (SELECT count(*) FROM unenrollment WHERE program = $1 AND state <> 'unenrolled')"
            " + (SELECT count(*) FROM sync_request WHERE program = $1 AND state <> 'synchronized')"
            " + (SELECT count(*) FROM outbox_message)",
            self.program,
        )

    def _count(self, table: str, state: str) -> int:
        wanted = f"SELECT count(*) FROM {table} WHERE program = $1 AND state = $2"
        return self.doors.database.value(wanted, self.program, state)

    def _done(self, action: str) -> bool:
        """Whether that was done in any of the three flows."""
        self._report()
        wanted = "SELECT count(*) FROM audit_entry WHERE action = $1 AND journey = ANY($2)"
        return self.doors.database.value(wanted, action, [*self.enrollments, *self.calls, *self.unenrollments]) > 0

    def _wait(self, what: str, until: Callable[[], bool]) -> None:
        try:
            wait_for(until, PATIENCE_SECONDS)
        except AssertionError:
            left = self.doors.database.rows(
                "SELECT subject, after, reason FROM audit_entry WHERE subject LIKE 'enr%' ORDER BY id DESC LIMIT 5"
            )
            raise AssertionError(f"waited in vain: {what}; last: {json.dumps(left)}") from None

"""Requests of every kind: prepared, submitted, and completed."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

from httpx import codes
from temporalio.client import Client

from models.batches import BatchName
from models.ids import enrollment_workflow_id, service_call_workflow_id, unenrollment_workflow_id
from tests.chaos.each_step.simulated_actors import SimulatedActors
from tests.chaos.each_step.workload_kinds import (
    BATCH_RUNS,
    ENROLLMENT_KINDS,
    FAILING_RECONCILIATIONS,
    LENT_DEVICE_KINDS,
    MODEL_PROGRAMS,
    PROGRAM_CHANGES,
    REQUEST_COUNTS,
    REQUESTS,
    SERVICE_CALL_KINDS,
    TASK_CHANGES,
    TROUBLES,
    UNENROLLMENT_KINDS,
)
from tests.integration.clients.batch_runs import backdate_enrollment, start_run
from tests.integration.clients.device_setup import DeviceSetupClient
from tests.integration.clients.installations import InstallationClient
from tests.integration.clients.running_stack import RunningStack
from tests.integration.clients.unenrollments import UnenrollmentClient
from tests.waiting import CHAOS_WAIT_SECONDS, wait_for

_LENT = {"asset_ownership": "utility_owned"}
_PARCEL = {"installation_method": "self_installation", "devices": [], **_LENT}
_LONG_SECONDS = 3600
_REFUSED = {
    "program_subscription": "program <> 'JAMMED' OR state NOT IN ('ending', 'ended')",
    "batch_run": "name <> 'reconciliation' OR state <> 'completed'",
}
"""What our own database refuses while it is disturbed."""


class Workload:
    """The submitted requests, by kind."""

    def __init__(self, stack: RunningStack) -> None:
        self.stack = stack
        self._workflow_ids: set[str] = set()
        self._installing, self._leaving = InstallationClient(stack), UnenrollmentClient(stack)
        self._setup = DeviceSetupClient(stack)
        self._temporal = asyncio.Runner()
        self._client = self._temporal.run(Client.connect(stack.description["temporal_address"]))
        self._people = SimulatedActors(stack, self._setup, self._signal)
        self.help_on = self._people.act

    def close(self) -> None:
        """Close the Temporal client and its event loop."""
        self._setup.head_end.close()
        self._temporal.close()

    def prepare(self) -> None:
        """Enroll the devices that shall be unenrolled, serviced or synchronized, until the DERMS knows them."""
        self._add_programs()
        self._enroll([*UNENROLLMENT_KINDS, *SERVICE_CALL_KINDS, "HANDED_OVER"], "synchronized")
        for device in self._list_participants("MUTE"):
            self._setup.head_end.set_device_state(device, "silent")
        self.stack.database.execute("DELETE FROM sync_request WHERE program = 'HANDED_OVER'")
        self._enroll(["HELD_BACK"], "pending")
        self.stack.set_derms_faults(lost_acknowledgement_share=1)
        self._enroll(["UNANSWERED"], "awaiting_acknowledgement")
        wait_for(self._are_answers_lost)
        self.stack.derms.delete("/faults")
        for row in self.stack.database.rows("SELECT id FROM enrollment WHERE program = 'UNANSWERED'"):
            backdate_enrollment(self.stack, row["id"])

    def _are_answers_lost(self) -> bool:
        answers = Counter(one["callback"] for one in self.stack.list_from_derms("/sync-messages"))
        return answers["lost"] == REQUEST_COUNTS["UNANSWERED"]

    def _add_programs(self) -> None:
        """Add a program for each kind."""
        alike = {**MODEL_PROGRAMS, self._leaving.add_lending_program(): LENT_DEVICE_KINDS}
        alike["TSTAT-DR"] = tuple(REQUEST_COUNTS.keys() - set[str]().union(*alike.values()))
        catalog = self.stack.get_catalog()
        tasks = {task["code"]: task for task in catalog["service_task_types"]}
        catalog["service_task_types"] += [
            {**tasks[like], "code": kind, **changes} for kind, (_, like, changes) in TASK_CHANGES.items()
        ]
        self.stack.api.put("/v1/catalog", json=catalog).raise_for_status()
        own = {kind: {task: kind} for kind, (task, *_) in TASK_CHANGES.items()}
        for like, kinds in alike.items():
            self.stack.add_programs({kind: PROGRAM_CHANGES.get(kind, {}) | own.get(kind, {}) for kind in kinds}, like)

    def _enroll(self, kinds: Sequence[str], state: str) -> None:
        """Enroll customers of these kinds, and wait until their sync requests are in this state."""
        for kind in kinds:
            lent = _LENT if kind in LENT_DEVICE_KINDS else {}
            for _ in range(REQUEST_COUNTS[kind]):
                self.stack.submit_accepted(self.stack.build_application(program=kind, **lent))
        asked = "SELECT count(*) FROM sync_request WHERE state = $1 AND program = ANY($2)"
        count = sum(REQUEST_COUNTS[kind] for kind in kinds)
        wait_for(lambda: self.stack.database.value(asked, state, kinds) == count, seconds=CHAOS_WAIT_SECONDS)

    def begin_in_trouble(self) -> None:
        """Begin the requests that shall run into trouble, while the DERMS is down and our database refuses some
        changes."""
        self.stack.set_derms_faults(refuse_connections_for_seconds=_LONG_SECONDS)
        for table, taken in _REFUSED.items():
            self.stack.database.execute(f"ALTER TABLE {table} ADD CONSTRAINT refused CHECK ({taken}) NOT VALID")
        for _ in range(FAILING_RECONCILIATIONS):
            start_run(self.stack, BatchName.RECONCILIATION)
        for kind in TROUBLES:
            self._begin(kind)

    def list_not_yet_refused(self) -> set[str]:
        """Return the workflows that have not run into their trouble yet."""
        rows = self.stack.database.rows(
            "SELECT 'enroll/' || id AS flow FROM enrollment e WHERE program = 'UNREACHED'"
            " AND NOT EXISTS (SELECT FROM sync_request r WHERE r.enrollment_id = e.id AND r.state = 'error')"
            " UNION SELECT 'unenroll/' || id FROM unenrollment WHERE program = 'JAMMED' AND state <> 'needs_attention'"
            " UNION SELECT workflow_id FROM batch_run WHERE name = 'reconciliation' AND state = 'running'"
        )
        return {row["flow"] for row in rows}

    def begin(self) -> None:
        """Begin all other requests, with every system working."""
        self.stack.derms.delete("/faults")
        for table in _REFUSED:
            self.stack.database.execute(f"ALTER TABLE {table} DROP CONSTRAINT refused")
        for name, count in BATCH_RUNS.items():
            for _ in range(count - FAILING_RECONCILIATIONS if name == BatchName.RECONCILIATION else count):
                start_run(self.stack, name)
        for kind in ENROLLMENT_KINDS | SERVICE_CALL_KINDS | UNENROLLMENT_KINDS:
            if kind not in TROUBLES:
                self._begin(kind)

    def _begin(self, kind: str) -> None:
        if kind in ENROLLMENT_KINDS:
            self._workflow_ids.update(
                enrollment_workflow_id(self._enroll_kind(kind)) for _ in range(ENROLLMENT_KINDS[kind])
            )
        elif kind in SERVICE_CALL_KINDS:
            asked = [
                self._submit("service-calls", subscription=one["subscription"], device=one["device"], **REQUESTS[kind])
                for one in self._list_participants(kind)
            ]
            self._workflow_ids.update(map(service_call_workflow_id, asked))
        else:
            subscriptions = [one["subscription"] for one in self._list_participants(kind)]
            asked = [self._submit("program-unenrollments", subscription=one, **REQUESTS[kind]) for one in subscriptions]
            self._workflow_ids.update(map(unenrollment_workflow_id, asked))

    def _list_participants(self, kind: str) -> list[dict[str, str]]:
        return self.stack.database.rows(
            "SELECT s.id AS subscription, d.id AS device, d.serial_number FROM program_subscription s"
            " JOIN subscription_device sd ON sd.subscription_id = s.id JOIN device d ON d.id = sd.device_id"
            " WHERE s.program = $1",
            kind,
        )

    def _submit(self, path: str, **wish: Any) -> str:
        response = self.stack.api.post(f"/v1/{path}", json={"transaction_id": self.stack.unique_name(), **wish})
        assert response.status_code == codes.ACCEPTED, response.text
        return response.json()["id"]

    def _enroll_kind(self, kind: str) -> str:
        match kind:
            case "SHIPPED" | "LATE_PARCEL":
                return self._setup.enroll(program=kind, **_PARCEL)
            case "CHECKED" | "SILENT":
                device = self._setup.build_device()
                if kind == "SILENT":
                    self._setup.head_end.set_device_state(device, "silent")
                return self._setup.enroll(program=kind, devices=[device])
            case "OWN" | "UNREACHED":
                return self.stack.submit_accepted(self.stack.build_application(program=kind))
            case _:
                return self.stack.submit_accepted(self._installing.build_application(program=kind))

    def list_head_end_requests(self) -> list[str]:
        """Return the action of each request that the head-end received, one for each key."""
        return [one["asked"] for one in self._setup.head_end.list_requests()]

    def _signal(self, workflow_id: str, name: str, message: dict[str, str]) -> None:
        self._temporal.run(self._client.get_workflow_handle(workflow_id).signal(name, message))

    def has_outbox_messages(self) -> bool:
        """Return whether our outbox holds messages to workflows."""
        return self.stack.database.value("SELECT EXISTS (SELECT FROM outbox_message)")

    def list_unfinished_records(self) -> dict[str, str]:
        """Return the records that are not final, with their state."""
        rows = self.stack.database.rows(
            "SELECT id, state FROM enrollment WHERE state NOT IN ('enrolled', 'cancelled', 'expired')"
            " UNION ALL SELECT id, state FROM unenrollment WHERE state NOT IN ('unenrolled', 'cancelled')"
            " UNION ALL SELECT id, state FROM service_call WHERE state NOT IN ('closed', 'cancelled')"
            " UNION ALL SELECT id, state FROM sync_request WHERE state <> 'synchronized'"
            " UNION ALL SELECT id, state FROM batch_run WHERE state = 'running'"
        )
        return {row["id"]: row["state"] for row in rows}

    def list_open_workflows(self) -> set[str]:
        """Return the workflows that must exist and have not ended, whether Temporal knows them yet or not."""
        return self._list_begun() - self._temporal.run(self._list_ended())

    async def _list_ended(self) -> set[str]:
        return {one.id async for one in self._client.list_workflows("ExecutionStatus IN ('Completed', 'Failed')")}

    def _list_begun(self) -> set[str]:
        query = "SELECT workflow_id AS id FROM sync_request UNION SELECT workflow_id FROM batch_run"
        return self._workflow_ids | {row["id"] for row in self.stack.database.rows(query)}

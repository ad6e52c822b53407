"""Journeys of every kind, prepared, begun, and looked after until their end."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

from httpx import codes
from temporalio.client import Client

from models.batches import BatchName
from models.ids import enrollment_workflow_id, service_call_workflow_id, unenrollment_workflow_id
from tests.chaos.kinds import (
    ASKED,
    BATCHES,
    CALLING,
    ENROLLING,
    FAILING,
    HOW_MANY,
    LEAVING,
    LENT,
    LIKE,
    OFFERS,
    TASKS,
    TROUBLES,
)
from tests.chaos.people import People
from tests.integration.batches import rested, run
from tests.integration.doors import Doors
from tests.integration.installing import Installing
from tests.integration.leaving import Leaving
from tests.integration.setting_up import Setup
from tests.patience import DRILL_PATIENCE_SECONDS, wait_for

_LENT = {"asset_ownership": "utility_owned"}
_PARCEL = {"installation_method": "self_installation", "devices": [], **_LENT}
_LONG_SECONDS = 3600
_REFUSED = {
    "program_subscription": "program <> 'JAMMED' OR state NOT IN ('ending', 'ended')",
    "batch_run": "name <> 'reconciliation' OR state <> 'completed'",
}
"""What our own database does not take while it is not well."""


class Journeys:
    """What was asked for, by kind."""

    def __init__(self, doors: Doors) -> None:
        self.doors = doors
        self._flows: set[str] = set()
        self._installing, self._leaving = Installing(doors), Leaving(doors)
        self._setup = Setup(doors)
        self._temporal = asyncio.Runner()
        self._client = self._temporal.run(Client.connect(doors.stack["temporal_address"]))
        self._people = People(doors, self._setup, self._signal)
        self.help_on = self._people.help_on

    def close(self) -> None:
        """The Temporal client and its loop."""
        self._setup.cloud.close()
        self._temporal.close()

    def prepare(self) -> None:
        """Those who shall leave, call, or be told of are enrolled, and the DERMS knows it."""
        self._offer()
        self._enroll([*LEAVING, *CALLING, "HANDED_OVER"], "synchronized")
        for device in self._takes_part("MUTE"):
            self._setup.cloud.tell(device, "silent")
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
        alike = {**LIKE, self._leaving.lend(): LENT}
        alike["TSTAT-DR"] = tuple(HOW_MANY.keys() - set[str]().union(*alike.values()))
        catalog = self.doors.catalog()
        tasks = {task["code"]: task for task in catalog["service_task_types"]}
        catalog["service_task_types"] += [
            {**tasks[like], "code": kind, **changes} for kind, (_, like, changes) in TASKS.items()
        ]
        self.doors.api.put("/v1/catalog", json=catalog).raise_for_status()
        own = {kind: {task: kind} for kind, (task, *_) in TASKS.items()}
        for like, kinds in alike.items():
            self.doors.offer_all({kind: OFFERS.get(kind, {}) | own.get(kind, {}) for kind in kinds}, like)

    def _enroll(self, kinds: Sequence[str], state: str) -> None:
        """Until their messages stand so."""
        for kind in kinds:
            lent = _LENT if kind in LENT else {}
            for _ in range(HOW_MANY[kind]):
                self.doors.accepted(self.doors.application(program=kind, **lent))
        asked = "SELECT count(*) FROM sync_request WHERE state = $1 AND program = ANY($2)"
        count = sum(HOW_MANY[kind] for kind in kinds)
        wait_for(lambda: self.doors.database.value(asked, state, kinds) == count, seconds=DRILL_PATIENCE_SECONDS)

    def begin_in_trouble(self) -> None:
        """Those who get into trouble; at first the DERMS is away, and our own database is not well."""
        self.doors.faults(refuse_connections_for_seconds=_LONG_SECONDS)
        for table, taken in _REFUSED.items():
            self.doors.database.execute(f"ALTER TABLE {table} ADD CONSTRAINT refused CHECK ({taken}) NOT VALID")
        for _ in range(FAILING):
            run(self.doors, BatchName.RECONCILIATION)
        for kind in TROUBLES:
            self._begin(kind)

    def to_be_refused(self) -> set[str]:
        """The flows that were not refused yet what they wanted then."""
        rows = self.doors.database.rows(
            "SELECT 'enroll/' || id AS flow FROM enrollment e WHERE program = 'UNREACHED'"
            " AND NOT EXISTS (SELECT FROM sync_request r WHERE r.enrollment_id = e.id AND r.state = 'error')"
            " UNION SELECT 'unenroll/' || id FROM unenrollment WHERE program = 'JAMMED' AND state <> 'needs_attention'"
            " UNION SELECT workflow_id FROM batch_run WHERE name = 'reconciliation' AND state = 'running'"
        )
        return {row["flow"] for row in rows}

    def begin(self) -> None:
        """All others, as fast as one after the other can be, while all is well."""
        self.doors.derms.delete("/faults")
        for table in _REFUSED:
            self.doors.database.execute(f"ALTER TABLE {table} DROP CONSTRAINT refused")
        for name, count in BATCHES.items():
            for _ in range(count - FAILING if name == BatchName.RECONCILIATION else count):
                run(self.doors, name)
        for kind in ENROLLING | CALLING | LEAVING:
            if kind not in TROUBLES:
                self._begin(kind)

    def _begin(self, kind: str) -> None:
        if kind in ENROLLING:
            self._flows.update(enrollment_workflow_id(self._applied(kind)) for _ in range(ENROLLING[kind]))
        elif kind in CALLING:
            asked = [
                self._asked("service-calls", subscription=one["subscription"], device=one["device"], **ASKED[kind])
                for one in self._takes_part(kind)
            ]
            self._flows.update(map(service_call_workflow_id, asked))
        else:
            subscriptions = [one["subscription"] for one in self._takes_part(kind)]
            asked = [self._asked("program-unenrollments", subscription=one, **ASKED[kind]) for one in subscriptions]
            self._flows.update(map(unenrollment_workflow_id, asked))

    def _takes_part(self, kind: str) -> list[dict[str, str]]:
        return self.doors.database.rows(
            "SELECT s.id AS subscription, d.id AS device, d.serial_number FROM program_subscription s"
            " JOIN subscription_device sd ON sd.subscription_id = s.id JOIN device d ON d.id = sd.device_id"
            " WHERE s.program = $1",
            kind,
        )

    def _asked(self, door: str, **wish: Any) -> str:
        answer = self.doors.api.post(f"/v1/{door}", json={"transaction_id": self.doors.name(), **wish})
        assert answer.status_code == codes.ACCEPTED, answer.text
        return answer.json()["id"]

    def _applied(self, kind: str) -> str:
        match kind:
            case "SHIPPED" | "LATE_PARCEL":
                return self._setup.applied(program=kind, **_PARCEL)
            case "CHECKED" | "SILENT":
                device = self._setup.device()
                if kind == "SILENT":
                    self._setup.cloud.tell(device, "silent")
                return self._setup.applied(program=kind, devices=[device])
            case "OWN" | "UNREACHED":
                return self.doors.accepted(self.doors.application(program=kind))
            case _:
                return self.doors.accepted(self._installing.application(program=kind))

    def asked_of_head_ends(self) -> list[str]:
        """What they were asked to do with a device, once for each request under a key of its own."""
        return [one["asked"] for one in self._setup.cloud.requests()]

    def _signal(self, workflow_id: str, name: str, message: dict[str, str]) -> None:
        self._temporal.run(self._client.get_workflow_handle(workflow_id).signal(name, message))

    def messages_on_their_way(self) -> bool:
        """To a flow, from our own record."""
        return self.doors.database.value("SELECT EXISTS (SELECT FROM outbox_message)")

    def unsettled(self) -> dict[str, str]:
        """What is not final in our own record, and where it stands."""
        rows = self.doors.database.rows(
            "SELECT id, state FROM enrollment WHERE state NOT IN ('enrolled', 'cancelled', 'expired')"
            " UNION ALL SELECT id, state FROM unenrollment WHERE state NOT IN ('unenrolled', 'cancelled')"
            " UNION ALL SELECT id, state FROM service_call WHERE state NOT IN ('closed', 'cancelled')"
            " UNION ALL SELECT id, state FROM sync_request WHERE state <> 'synchronized'"
            " UNION ALL SELECT id, state FROM batch_run WHERE state = 'running'"
        )
        return {row["id"]: row["state"] for row in rows}

    def under_way(self) -> set[str]:
        """The flows that there must be and that have not ended, whether Temporal knows them yet or not."""
        return self._begun() - self._temporal.run(self._ended())

    async def _ended(self) -> set[str]:
        return {one.id async for one in self._client.list_workflows("ExecutionStatus IN ('Completed', 'Failed')")}

    def _begun(self) -> set[str]:
        told = "SELECT workflow_id AS id FROM sync_request UNION SELECT workflow_id FROM batch_run"
        return self._flows | {row["id"] for row in self.doors.database.rows(told)}

"""Runs the enroll workflow on a shipment and a head-end in memory, with the real transition table of shipments."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from temporalio import activity
from temporalio.testing import WorkflowEnvironment

from models.catalog.service_tasks import SetupStep
from models.ids import new_id
from models.messages.enrollment import EnrollInput, EnrollmentProgress
from models.messages.head_end import ConcludeStatusChecks, StatusChecks, StatusChecksResult
from models.messages.shipment import AssociateShippedDevice, AwaitedShipment, RemindOfShipment, ShipmentStatus
from models.messages.site_visit import InstallationResult
from models.states.enrollment import EnrollmentState
from models.states.head_end import HeadEndOutcome
from models.states.shipment import SHIPMENT_TRANSITIONS, ShipmentState
from models.states.sync_request import SyncState
from operations.field_work.shipments import UNDER_WAY_STATES
from tests.workflow.stand_ins.enrollment import EnrollmentActivities, EnrollmentRecord, InMemoryDerms
from tests.workflow.stand_ins.enrollment_run import EnrollmentRun, start_enrollment
from tests.workflow.stand_ins.head_end import HeadEndActivities, InMemoryHeadEnd

_E = EnrollmentState


class DeviceSetup:
    """The newest shipment, and the head-end."""

    def __init__(self, steps: tuple[SetupStep, ...], answers: list[HeadEndOutcome | None] | None) -> None:
        self.steps = steps
        self.shipments = [AwaitedShipment(shipment_id=new_id("shp"), remind_after_days=7, escalate_after_days=21)]
        self.state = ShipmentState.ORDERED
        self.reminders: list[str] = []
        self.refusals: list[str] = []
        self.verdict = ""
        self.head_end = InMemoryHeadEnd(answers)

    def move(self, *path: ShipmentState) -> None:
        for after in path:
            assert after in SHIPMENT_TRANSITIONS[self.state]
            self.state = after

    def get_status(self) -> ShipmentStatus:
        shipment_id = self.shipments[-1].shipment_id
        return ShipmentStatus(
            shipment_id=shipment_id, state=self.state, waits=self.state in UNDER_WAY_STATES, verdict=self.verdict
        )


class DeviceSetupActivities(EnrollmentActivities):
    """The activities of shipments and status checks."""

    def __init__(self, record: EnrollmentRecord, derms: InMemoryDerms, setup: DeviceSetup) -> None:
        super().__init__(record, derms)
        self._setup = setup

    @property
    def all(self) -> list[Callable[..., Any]]:
        mine = [
            self.validate_and_accept,
            self.expire_enrollment,
            self.get_shipment_status,
            self.remind_of_shipment,
            self.ship_again,
            self.associate_shipped,
            self.associate_own,
            self.start_status_checks,
            self.conclude_status_checks,
        ]
        names = {one.__name__ for one in mine}
        return [one for one in super().all if one.__name__ not in names] + mine

    @activity.defn
    async def validate_and_accept(self, request: EnrollInput) -> EnrollmentProgress:
        self._record.move_enrollment(_E.VALIDATING, _E.ACCEPTED, _E.DEVICE_SETUP)
        steps = self._setup.steps
        shipment = self._setup.shipments[-1] if SetupStep.SHIP_DEVICE in steps else None
        return EnrollmentProgress(state=self._record.enrollment, steps=steps, shipment=shipment, expire_after_days=60)

    @activity.defn
    async def expire_enrollment(self, request: EnrollInput) -> EnrollmentProgress:
        if self._setup.state is not ShipmentState.CONFIRMED:
            self._record.move_enrollment(_E.EXPIRED)
        return self._record.build_progress()

    @activity.defn(name="shipment_standing")
    async def get_shipment_status(self, request: AwaitedShipment) -> ShipmentStatus:
        self._record.check_available()
        return self._setup.get_status()

    @activity.defn
    async def remind_of_shipment(self, request: RemindOfShipment) -> ShipmentStatus:
        self._setup.reminders.append("escalated" if request.escalate else "reminded")
        return self._setup.get_status()

    @activity.defn
    async def ship_again(self, request: EnrollInput) -> AwaitedShipment:
        self._setup.shipments.append(AwaitedShipment(shipment_id=new_id("shp")))
        self._setup.state = ShipmentState.ORDERED
        return self._setup.shipments[-1]

    @activity.defn
    async def associate_shipped(self, request: AssociateShippedDevice) -> InstallationResult:
        if self._setup.refusals:
            self._setup.move(ShipmentState.DELIVERED)
            self._setup.verdict = self._setup.refusals.pop(0)
            return InstallationResult(state=self._record.enrollment, verdict=self._setup.verdict)
        return self._associate()

    @activity.defn
    async def associate_own(self, request: EnrollInput) -> InstallationResult:
        return self._associate()

    def _associate(self) -> InstallationResult:
        self._record.move_enrollment(_E.COMPLETING, _E.ENROLLED)
        self._record.state = SyncState.PENDING
        return InstallationResult(state=self._record.enrollment, sync_request_id=self._record.id)

    @activity.defn
    async def start_status_checks(self, request: EnrollInput) -> StatusChecks:
        passed = HeadEndOutcome.OK in self._setup.head_end.outcomes.values()
        return StatusChecks() if passed else StatusChecks(request_ids=(new_id("her"),))

    @activity.defn
    async def conclude_status_checks(self, request: ConcludeStatusChecks) -> StatusChecksResult:
        failed = [one for one in request.request_ids if self._setup.head_end.outcomes.get(one) is not HeadEndOutcome.OK]
        return StatusChecksResult(
            passed=not failed, why=" ".join(f"{self._setup.head_end.outcomes.get(one)}." for one in failed)
        )


@dataclass
class DeviceSetupRun(EnrollmentRun):
    """An enrollment whose device is shipped or checked."""

    setup: DeviceSetup

    async def advance_shipment(self, *path: ShipmentState, signaled: bool = True) -> None:
        """Advance the shipment, and signal that unless `signaled` is false."""
        self.setup.move(*path)
        if signaled:
            await self.handle.signal("shipment_changed", {"shipment_id": self.setup.shipments[-1].shipment_id})

    async def cancel(self) -> None:
        """Cancel the request and its shipment, as POST …/cancel does."""
        self.setup.move(ShipmentState.CANCELLED)
        await super().cancel()

    async def answer_head_end_request(self, outcome: HeadEndOutcome, *, signaled: bool = True) -> None:
        """Answer the newest request as the head-end, and signal that unless `signaled` is false."""
        await self.setup.head_end.answer(self.handle, outcome, signaled=signaled)


@asynccontextmanager
async def run_device_setup(
    environment: WorkflowEnvironment, *steps: SetupStep, answers: list[HeadEndOutcome | None] | None = None
) -> AsyncIterator[DeviceSetupRun]:
    """Run a workflow on stand-ins; terminate it afterwards if it is still open."""
    record, derms, setup = EnrollmentRecord(), InMemoryDerms(), DeviceSetup(steps, answers)
    derms.moods = [derms.answers]
    run = DeviceSetupRun(environment, record, derms, DeviceSetupActivities(record, derms, setup), setup)
    async with start_enrollment(run, also=HeadEndActivities(setup.head_end).all):
        yield run

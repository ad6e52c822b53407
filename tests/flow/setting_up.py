"""A parcel and a head-end in memory, by the house's own table of states, under the enrol flow."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from temporalio import activity
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.errors import ErrorMapping
from models.catalog import SetupStep
from models.head_end import HeadEndOutcome
from models.ids import enrollment_workflow_id, new_id
from models.messages.device_setup import (
    AssociateShipped,
    ConcludeChecks,
    Concluded,
    RemindOfShipment,
    Shipment,
    ShipmentStanding,
    StatusChecks,
)
from models.messages.enroll import Accepted, EnrollInput
from models.messages.site_visit import Installed
from models.states import EnrollmentState, SyncState
from models.task_states import SHIPMENT_TRANSITIONS, ShipmentState
from operations.shipments import UNDER_WAY
from tests.flow.asking import AskingActivities, Cloud
from tests.flow.conftest import Flow
from tests.flow.stand_ins import Activities, Derms, Record
from workflows.enroll import Enroll

_E = EnrollmentState


class House:
    """The newest parcel, and the head-end."""

    def __init__(self, steps: tuple[SetupStep, ...], answers: list[HeadEndOutcome | None] | None) -> None:
        self.steps = steps
        self.shipments = [Shipment(shipment_id=new_id("shp"), remind_after_days=7, escalate_after_days=21)]
        self.state = ShipmentState.ORDERED
        self.reminders: list[str] = []
        self.refusals: list[str] = []
        self.verdict = ""
        self.cloud = Cloud(answers)

    def move(self, *path: ShipmentState) -> None:
        for after in path:
            assert after in SHIPMENT_TRANSITIONS[self.state]
            self.state = after

    def standing(self) -> ShipmentStanding:
        shipment_id = self.shipments[-1].shipment_id
        return ShipmentStanding(
            shipment_id=shipment_id, state=self.state, waits=self.state in UNDER_WAY, verdict=self.verdict
        )


class SetupActivities(Activities):
    """The names that the flow calls while a device is shipped or checked."""

    def __init__(self, record: Record, derms: Derms, house: House) -> None:
        super().__init__(record, derms)
        self._house = house

    @property
    def all(self) -> list[Callable[..., Any]]:
        mine = [
            self.validate_and_accept,
            self.expire_enrollment,
            self.shipment_standing,
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
    async def validate_and_accept(self, request: EnrollInput) -> Accepted:
        self._record.move_enrollment(_E.VALIDATING, _E.ACCEPTED, _E.DEVICE_SETUP)
        steps = self._house.steps
        shipment = self._house.shipments[-1] if SetupStep.SHIP_DEVICE in steps else None
        return Accepted(state=self._record.enrollment, steps=steps, shipment=shipment, expire_after_days=60)

    @activity.defn
    async def expire_enrollment(self, request: EnrollInput) -> Accepted:
        if self._house.state is not ShipmentState.CONFIRMED:
            self._record.move_enrollment(_E.EXPIRED)
        return self._record.accepted()

    @activity.defn
    async def shipment_standing(self, request: Shipment) -> ShipmentStanding:
        self._record.reach()
        return self._house.standing()

    @activity.defn
    async def remind_of_shipment(self, request: RemindOfShipment) -> ShipmentStanding:
        self._house.reminders.append("escalated" if request.escalate else "reminded")
        return self._house.standing()

    @activity.defn
    async def ship_again(self, request: EnrollInput) -> Shipment:
        self._house.shipments.append(Shipment(shipment_id=new_id("shp")))
        self._house.state = ShipmentState.ORDERED
        return self._house.shipments[-1]

    @activity.defn
    async def associate_shipped(self, request: AssociateShipped) -> Installed:
        if self._house.refusals:
            self._house.move(ShipmentState.DELIVERED)
            self._house.verdict = self._house.refusals.pop(0)
            return Installed(state=self._record.enrollment, verdict=self._house.verdict)
        return self._associated()

    @activity.defn
    async def associate_own(self, request: EnrollInput) -> Installed:
        return self._associated()

    def _associated(self) -> Installed:
        self._record.move_enrollment(_E.COMPLETING, _E.ENROLLED)
        self._record.state = SyncState.PENDING
        return Installed(state=self._record.enrollment, sync_request_id=self._record.id)

    @activity.defn
    async def start_status_checks(self, request: EnrollInput) -> StatusChecks:
        passed = HeadEndOutcome.OK in self._house.cloud.outcomes.values()
        return StatusChecks() if passed else StatusChecks(request_ids=(new_id("her"),))

    @activity.defn
    async def conclude_status_checks(self, request: ConcludeChecks) -> Concluded:
        failed = [one for one in request.request_ids if self._house.cloud.outcomes.get(one) is not HeadEndOutcome.OK]
        return Concluded(passed=not failed, why=" ".join(f"{self._house.cloud.outcomes.get(one)}." for one in failed))


@dataclass
class SettingUp(Flow):
    """One enrolment whose device is shipped or checked."""

    house: House

    async def news(self, *path: ShipmentState, told: bool = True) -> None:
        """The parcel gets further; `told`: the flow hears of it."""
        self.house.move(*path)
        if told:
            await self.handle.signal("shipment_changed", {"shipment_id": self.house.shipments[-1].shipment_id})

    async def answer(self, outcome: HeadEndOutcome, *, told: bool = True) -> None:
        """The head-end answers the newest question."""
        await self.house.cloud.answer(self.handle, outcome, told=told)

    async def again(self) -> None:
        """A person retries the enrolment, as POST …/retry does."""
        self.record.resumed()
        await self.handle.signal("retry_requested", {"message_id": f"{self.record.version}"})


@asynccontextmanager
async def setting_up(
    environment: WorkflowEnvironment, *steps: SetupStep, answers: list[HeadEndOutcome | None] | None = None
) -> AsyncIterator[SettingUp]:
    """Starts a flow on stand-ins; ends it afterwards if it is still open."""
    record, derms, house = Record(), Derms(), House(steps, answers)
    derms.moods = [derms.answers]
    flow = SettingUp(environment, record, derms, SetupActivities(record, derms, house), house)
    worker = Worker(
        environment.client,
        task_queue=record.enrollment_id,
        workflows=[Enroll],
        activities=[*flow.activities.all, *AskingActivities(house.cloud).all],
        workflow_runner=UnsandboxedWorkflowRunner(),
        interceptors=[ErrorMapping()],
    )
    async with worker:
        flow.handle = await environment.client.start_workflow(
            Enroll.run,
            EnrollInput(enrollment_id=record.enrollment_id),
            id=enrollment_workflow_id(record.enrollment_id),
            task_queue=record.enrollment_id,
        )
        yield flow
        if (await flow.handle.describe()).close_time is None:
            await flow.handle.terminate()

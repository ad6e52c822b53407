"""What is done between acceptance and association: the setup steps of the service task type.

See docs/domain.md#device-setup.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.device_setup import DeviceSetupActivities
    from activities.enrollment import EnrollmentActivities
    from models.catalog import SetupStep
    from models.messages.device_setup import AssociateShipped, Shipment, ShipmentStanding
    from models.messages.enroll import Accepted, CancelRequested, EnrollInput, Stage
    from models.messages.site_visit import AssociateInstalled, Installed, Visit, VisitStanding
    from models.task_states import CompletionOutcome, ShipmentState, WorkOrderState
    from workflows import policies
    from workflows.enrollment_record import ENDS, EnrollmentRecord
    from workflows.parking import STAGE, Parking, mark
    from workflows.shipping import Shipping
    from workflows.site_visit import AskPerson, SiteVisit
    from workflows.status_check import StatusCheck

_HERE = Stage.AWAITING_SITE_VISIT
_ENDED_BY: dict[CompletionOutcome | None, str] = {
    CompletionOutcome.CUSTOMER_REFUSED: "The customer refused the installation.",
    CompletionOutcome.NOT_INSTALLABLE: "The device cannot be installed there safely.",
}


class DeviceSetup:
    """Part of the enrol flow: what brings the device first, then its check, until it is associated or never will be."""

    def __init__(self, request: EnrollInput, parking: Parking, record: EnrollmentRecord) -> None:
        self._request = request
        self._parking = parking
        self._record = record
        self._overdue = False
        self._checks = False
        self.site_visit = SiteVisit(parking)
        self.shipping = Shipping(parking)
        self.status_check = StatusCheck(request, parking, record)

    async def run(self, accepted: Accepted) -> Accepted:
        """Gives where the request stands once its devices are associated, or once it has ended otherwise. The time
        allowed runs beside everything that may happen meanwhile."""
        if not accepted.steps:
            return accepted
        self._checks = SetupStep.DEVICE_STATUS_CHECK in accepted.steps
        running_out = asyncio.create_task(self._run_out(accepted.expire_after_days))
        try:
            if accepted.visit is not None:
                return await self._visited(accepted.visit)
            if accepted.shipment is not None:
                return await self._shipped(accepted.shipment)
            return await self._checked_own()
        finally:
            running_out.cancel()

    async def _run_out(self, days: int) -> None:
        await workflow.sleep(timedelta(days=days), summary="the time allowed for the device setup")
        self._overdue = True

    async def _visited(self, visit: Visit) -> Accepted:
        """Until a report's device is associated, or the request ends otherwise."""
        mark(STAGE.value_set(_HERE))
        standing = await self.site_visit.run(visit, resume=_HERE, until=self._over(visit), ask=self._asking(visit))
        while True:
            if self._record.cancelled:
                return await self._record.withdraw()
            if standing.state is WorkOrderState.COMPLETED:
                ended, standing = await self._associate(visit, standing)
            elif standing.state is WorkOrderState.INCOMPLETE and (why := _ENDED_BY.get(standing.outcome)):
                return await self._record.withdraw(CancelRequested(reason=why, actor="enroll"))
            elif self._overdue:
                ended, standing = await self._expire(visit)
            elif standing.waits or standing.attempts_used_up:
                ended, until = None, self._over(visit)
                standing = await self.site_visit.wait_on(
                    visit, standing, resume=_HERE, until=until, ask=self._asking(visit)
                )
            else:
                ended, visit, standing = await self._order_again(visit, standing)
            if ended is not None:
                return ended

    def _over(self, visit: Visit) -> Callable[[], bool]:
        """A report that came in before the time ran out is looked at first."""
        return lambda: self._record.cancelled or (self._overdue and not self.site_visit.has_unread(visit))

    def _asking(self, visit: Visit) -> AskPerson:
        """A person decides on one more visit; a technician who goes there all the same and reports decides too."""

        def over() -> bool:
            return self._overdue or self.site_visit.has_unread(visit)

        async def ask(why: str) -> None:
            await self._record.park(why, resume=_HERE, over=over, again_after=None)

        return ask

    async def _associate(self, visit: Visit, standing: VisitStanding) -> tuple[Accepted | None, VisitStanding]:
        if ended := await self._check():
            return ended, standing
        installed = await self._installed(visit)
        if installed.stuck:
            return await self._stuck(installed.stuck, _HERE), standing
        if installed.verdict:
            return None, await self.site_visit.standing(visit, resume=_HERE)
        return Accepted(state=installed.state, sync_request_id=installed.sync_request_id), standing

    async def _installed(self, visit: Visit) -> Installed:
        request = AssociateInstalled(enrollment_id=self._request.enrollment_id, work_order_id=visit.work_order_id)
        return await self._parking.insist(
            lambda: workflow.execute_local_activity_method(
                EnrollmentActivities.associate_installed,
                request,
                summary="associate what was installed",
                **policies.OWN_DATABASE,
            ),
            resume=_HERE,
        )

    async def _stuck(self, why: str, resume: Stage) -> Accepted | None:
        parked = await self._record.park(why, resume=resume, again_after=None)
        return parked if parked.state in ENDS else None

    async def _check(self) -> Accepted | None:
        """Where the program wants it: asks until the brought device answers. A device that hangs on the wall does not
        expire; a person decides."""
        if not self._checks:
            return None
        ended = await self.status_check.run(until=lambda: self._record.cancelled)
        return await self._record.withdraw() if self._record.cancelled and ended is None else ended

    async def _expire(self, visit: Visit) -> tuple[Accepted | None, VisitStanding]:
        """The time has run out; a report that our record has, though the flow has not heard of it yet, wins."""
        return await self._expired(_HERE), await self.site_visit.standing(visit, resume=_HERE)

    async def _expired(self, resume: Stage) -> Accepted | None:
        expired = await self._parking.insist(
            lambda: workflow.execute_local_activity_method(
                EnrollmentActivities.expire_enrollment, self._request, summary="expire", **policies.OWN_DATABASE
            ),
            resume=resume,
        )
        return expired if expired.state in ENDS else None

    async def _order_again(self, visit: Visit, standing: VisitStanding) -> tuple[Accepted | None, Visit, VisitStanding]:
        """The order was called off by itself: a person has a new one made, or ends the request."""
        why = f"{visit.work_order_id} is {standing.state}, and the enrolment waits for it; a retry makes a new order."
        parked = await self._record.park(why, resume=_HERE, over=lambda: self._overdue, again_after=None)
        if parked.state in ENDS or self._overdue or self._record.cancelled:
            return (parked if parked.state in ENDS else None), visit, standing
        again = await self._parking.insist(
            lambda: workflow.execute_local_activity_method(
                EnrollmentActivities.order_installation_again,
                self._request,
                summary="a new order",
                **policies.OWN_DATABASE,
            ),
            resume=_HERE,
        )
        until = self._over(again)
        return None, again, await self.site_visit.run(again, resume=_HERE, until=until, ask=self._asking(again))

    async def _shipped(self, shipment: Shipment) -> Accepted:
        """Until the customer has installed and confirmed what was sent, or the request ends otherwise."""
        mark(STAGE.value_set(Stage.AWAITING_SHIPMENT))
        standing = await self.shipping.standing(shipment)
        while True:
            ended: Accepted | None = None
            if self._record.cancelled:
                return await self._record.withdraw()
            if standing.state is ShipmentState.CONFIRMED:
                ended = await self._check() or await self._associate_shipped(shipment)
            elif self._overdue:
                ended = await self._expired(Stage.AWAITING_SHIPMENT)
            elif standing.waits:
                standing = await self.shipping.wait(shipment, standing, lambda: self._record.cancelled or self._overdue)
                continue
            else:
                ended, shipment = await self._ship_again(shipment, standing)
            if ended is not None:
                return ended
            standing = await self.shipping.standing(shipment)

    async def _associate_shipped(self, shipment: Shipment) -> Accepted | None:
        request = AssociateShipped(enrollment_id=self._request.enrollment_id, shipment_id=shipment.shipment_id)
        installed = await self._parking.insist(
            lambda: workflow.execute_local_activity_method(
                DeviceSetupActivities.associate_shipped,
                request,
                summary="associate what was confirmed",
                **policies.OWN_DATABASE,
            ),
            resume=Stage.AWAITING_SHIPMENT,
        )
        return await self._came_of(installed, Stage.AWAITING_SHIPMENT)

    async def _came_of(self, installed: Installed, resume: Stage) -> Accepted | None:
        if installed.stuck:
            return await self._stuck(installed.stuck, resume)
        if installed.verdict:
            return None
        return Accepted(state=installed.state, sync_request_id=installed.sync_request_id)

    async def _ship_again(self, shipment: Shipment, standing: ShipmentStanding) -> tuple[Accepted | None, Shipment]:
        """The parcel came back: a person has another one sent, or ends the request."""
        why = f"{standing.shipment_id} is {standing.state}, and the enrolment waits for it; a retry sends another one."
        resume = Stage.AWAITING_SHIPMENT
        parked = await self._record.park(why, resume=resume, over=lambda: self._overdue, again_after=None)
        if parked.state in ENDS or self._overdue or self._record.cancelled:
            return (parked if parked.state in ENDS else None), shipment
        return None, await self._parking.insist(
            lambda: workflow.execute_local_activity_method(
                DeviceSetupActivities.ship_again, self._request, summary="another shipment", **policies.OWN_DATABASE
            ),
            resume=resume,
        )

    async def _checked_own(self) -> Accepted:
        """Until the customer's own devices answer and are associated, or the request ends otherwise."""
        while True:
            ended = await self.status_check.run(until=lambda: self._record.cancelled or self._overdue)
            if ended is None and self._record.cancelled:
                return await self._record.withdraw()
            if ended is None and self._overdue:
                ended = await self._expired(Stage.CHECKING_DEVICE)
            if ended is None:
                ended = await self._associate_own()
            if ended is not None:
                return ended

    async def _associate_own(self) -> Accepted | None:
        installed = await self._parking.insist(
            lambda: workflow.execute_local_activity_method(
                DeviceSetupActivities.associate_own,
                self._request,
                summary="associate what was checked",
                **policies.OWN_DATABASE,
            ),
            resume=Stage.CHECKING_DEVICE,
        )
        return await self._came_of(installed, Stage.CHECKING_DEVICE)

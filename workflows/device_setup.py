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
    from models.catalog.service_tasks import SetupStep
    from models.messages.enrollment import EnrollInput, EnrollmentProgress
    from models.messages.search_attributes import WorkflowStage
    from models.messages.shipment import AssociateShippedDevice, AwaitedShipment, ShipmentStatus
    from models.messages.signals import CancelRequested
    from models.messages.site_visit import AssociateInstalledDevice, AwaitedVisit, InstallationResult, SiteVisitStatus
    from models.states.shipment import ShipmentState
    from models.states.work_order import CompletionOutcome, WorkOrderState
    from workflows import policies
    from workflows.enrollment_record import FINAL_STAGES, EnrollmentRecord
    from workflows.parking import STAGE, Parking, set_search_attributes
    from workflows.steps.shipping import Shipping
    from workflows.steps.site_visit import RequestDecision, SiteVisit
    from workflows.steps.status_check import StatusCheck

_SITE_VISIT = WorkflowStage.AWAITING_SITE_VISIT
_REASON_BY_OUTCOME: dict[CompletionOutcome | None, str] = {
    CompletionOutcome.CUSTOMER_REFUSED: "The customer refused the installation.",
    CompletionOutcome.NOT_INSTALLABLE: "The device cannot be installed there safely.",
}


class DeviceSetup:
    """Part of the enrol flow: what brings the device first, then its check, until it is associated or never will be."""

    def __init__(self, request: EnrollInput, parking: Parking, record: EnrollmentRecord) -> None:
        self._request = request
        self._parking = parking
        self._record = record
        self._is_expired = False
        self._status_check_required = False
        self.site_visit = SiteVisit(parking)
        self.shipping = Shipping(parking)
        self.status_check = StatusCheck(request, parking, record)

    async def run(self, accepted: EnrollmentProgress) -> EnrollmentProgress:
        """Gives where the request stands once its devices are associated, or once it has ended otherwise. The time
        allowed runs beside everything that may happen meanwhile."""
        if not accepted.steps:
            return accepted
        self._status_check_required = SetupStep.DEVICE_STATUS_CHECK in accepted.steps
        running_out = asyncio.create_task(self._start_expiry_timer(accepted.expire_after_days))
        try:
            if accepted.visit is not None:
                return await self._install_by_technician(accepted.visit)
            if accepted.shipment is not None:
                return await self._install_shipped_device(accepted.shipment)
            return await self._install_customer_device()
        finally:
            running_out.cancel()

    async def _start_expiry_timer(self, days: int) -> None:
        await workflow.sleep(timedelta(days=days), summary="the time allowed for the device setup")
        self._is_expired = True

    async def _install_by_technician(self, visit: AwaitedVisit) -> EnrollmentProgress:
        """Until a report's device is associated, or the request ends otherwise."""
        set_search_attributes(STAGE.value_set(_SITE_VISIT))
        standing = await self.site_visit.run(
            visit, resume=_SITE_VISIT, until=self._visit_is_obsolete(visit), ask=self._request_decision(visit)
        )
        while True:
            if self._record.cancel_is_requested:
                return await self._record.cancel()
            if standing.state is WorkOrderState.COMPLETED:
                ended, standing = await self._associate(visit, standing)
            elif standing.state is WorkOrderState.INCOMPLETE and (why := _REASON_BY_OUTCOME.get(standing.outcome)):
                return await self._record.cancel(CancelRequested(reason=why, actor="enroll"))
            elif self._is_expired:
                ended, standing = await self._expire(visit)
            elif standing.waits or standing.attempts_used_up:
                ended, until = None, self._visit_is_obsolete(visit)
                standing = await self.site_visit.resume_waiting(
                    visit, standing, resume=_SITE_VISIT, until=until, ask=self._request_decision(visit)
                )
            else:
                ended, visit, standing = await self._reorder_installation(visit, standing)
            if ended is not None:
                return ended

    def _visit_is_obsolete(self, visit: AwaitedVisit) -> Callable[[], bool]:
        """A report that came in before the time ran out is looked at first."""
        return lambda: (
            self._record.cancel_is_requested or (self._is_expired and not self.site_visit.has_unprocessed_report(visit))
        )

    def _request_decision(self, visit: AwaitedVisit) -> RequestDecision:
        """A person decides on one more visit; a technician who goes there all the same and reports decides too."""

        def over() -> bool:
            return self._is_expired or self.site_visit.has_unprocessed_report(visit)

        async def ask(why: str) -> None:
            await self._record.park(why, resume=_SITE_VISIT, over=over, again_after=None)

        return ask

    async def _associate(
        self, visit: AwaitedVisit, standing: SiteVisitStatus
    ) -> tuple[EnrollmentProgress | None, SiteVisitStatus]:
        if ended := await self._check():
            return ended, standing
        installed = await self._associate_installed(visit)
        if installed.stuck:
            return await self._park_association(installed.stuck, _SITE_VISIT), standing
        if installed.verdict:
            return None, await self.site_visit.get_status(visit, resume=_SITE_VISIT)
        return EnrollmentProgress(state=installed.state, sync_request_id=installed.sync_request_id), standing

    async def _associate_installed(self, visit: AwaitedVisit) -> InstallationResult:
        request = AssociateInstalledDevice(enrollment_id=self._request.enrollment_id, work_order_id=visit.work_order_id)
        return await self._parking.run_until_done(
            lambda: workflow.execute_local_activity_method(
                EnrollmentActivities.associate_installed,
                request,
                summary="associate what was installed",
                **policies.OWN_DATABASE,
            ),
            resume=_SITE_VISIT,
        )

    async def _park_association(self, why: str, resume: WorkflowStage) -> EnrollmentProgress | None:
        parked = await self._record.park(why, resume=resume, again_after=None)
        return parked if parked.state in FINAL_STAGES else None

    async def _check(self) -> EnrollmentProgress | None:
        """Where the program wants it: asks until the brought device answers. A device that hangs on the wall does not
        expire; a person decides."""
        if not self._status_check_required:
            return None
        ended = await self.status_check.run(until=lambda: self._record.cancel_is_requested)
        return await self._record.cancel() if self._record.cancel_is_requested and ended is None else ended

    async def _expire(self, visit: AwaitedVisit) -> tuple[EnrollmentProgress | None, SiteVisitStatus]:
        """The time has run out; a report that our record has, though the flow has not heard of it yet, wins."""
        return await self._expire_enrollment(_SITE_VISIT), await self.site_visit.get_status(visit, resume=_SITE_VISIT)

    async def _expire_enrollment(self, resume: WorkflowStage) -> EnrollmentProgress | None:
        expired = await self._parking.run_until_done(
            lambda: workflow.execute_local_activity_method(
                EnrollmentActivities.expire_enrollment, self._request, summary="expire", **policies.OWN_DATABASE
            ),
            resume=resume,
        )
        return expired if expired.state in FINAL_STAGES else None

    async def _reorder_installation(
        self, visit: AwaitedVisit, standing: SiteVisitStatus
    ) -> tuple[EnrollmentProgress | None, AwaitedVisit, SiteVisitStatus]:
        """The order was called off by itself: a person has a new one made, or ends the request."""
        why = f"{visit.work_order_id} is {standing.state}, and the enrolment waits for it; a retry makes a new order."
        parked = await self._record.park(why, resume=_SITE_VISIT, over=lambda: self._is_expired, again_after=None)
        if parked.state in FINAL_STAGES or self._is_expired or self._record.cancel_is_requested:
            return (parked if parked.state in FINAL_STAGES else None), visit, standing
        again = await self._parking.run_until_done(
            lambda: workflow.execute_local_activity_method(
                EnrollmentActivities.reorder_installation,
                self._request,
                summary="a new order",
                **policies.OWN_DATABASE,
            ),
            resume=_SITE_VISIT,
        )
        until = self._visit_is_obsolete(again)
        return (
            None,
            again,
            await self.site_visit.run(again, resume=_SITE_VISIT, until=until, ask=self._request_decision(again)),
        )

    async def _install_shipped_device(self, shipment: AwaitedShipment) -> EnrollmentProgress:
        """Until the customer has installed and confirmed what was sent, or the request ends otherwise."""
        set_search_attributes(STAGE.value_set(WorkflowStage.AWAITING_SHIPMENT))
        standing = await self.shipping.get_status(shipment)
        while True:
            ended: EnrollmentProgress | None = None
            if self._record.cancel_is_requested:
                return await self._record.cancel()
            if standing.state is ShipmentState.CONFIRMED:
                ended = await self._check() or await self._associate_shipped(shipment)
            elif self._is_expired:
                ended = await self._expire_enrollment(WorkflowStage.AWAITING_SHIPMENT)
            elif standing.waits:
                standing = await self.shipping.wait_for_change(
                    shipment, standing, lambda: self._record.cancel_is_requested or self._is_expired
                )
                continue
            else:
                ended, shipment = await self._reorder_shipment(shipment, standing)
            if ended is not None:
                return ended
            standing = await self.shipping.get_status(shipment)

    async def _associate_shipped(self, shipment: AwaitedShipment) -> EnrollmentProgress | None:
        request = AssociateShippedDevice(enrollment_id=self._request.enrollment_id, shipment_id=shipment.shipment_id)
        installed = await self._parking.run_until_done(
            lambda: workflow.execute_local_activity_method(
                DeviceSetupActivities.associate_shipped,
                request,
                summary="associate what was confirmed",
                **policies.OWN_DATABASE,
            ),
            resume=WorkflowStage.AWAITING_SHIPMENT,
        )
        return await self._handle_association(installed, WorkflowStage.AWAITING_SHIPMENT)

    async def _handle_association(
        self, installed: InstallationResult, resume: WorkflowStage
    ) -> EnrollmentProgress | None:
        if installed.stuck:
            return await self._park_association(installed.stuck, resume)
        if installed.verdict:
            return None
        return EnrollmentProgress(state=installed.state, sync_request_id=installed.sync_request_id)

    async def _reorder_shipment(
        self, shipment: AwaitedShipment, standing: ShipmentStatus
    ) -> tuple[EnrollmentProgress | None, AwaitedShipment]:
        """The parcel came back: a person has another one sent, or ends the request."""
        why = f"{standing.shipment_id} is {standing.state}, and the enrolment waits for it; a retry sends another one."
        resume = WorkflowStage.AWAITING_SHIPMENT
        parked = await self._record.park(why, resume=resume, over=lambda: self._is_expired, again_after=None)
        if parked.state in FINAL_STAGES or self._is_expired or self._record.cancel_is_requested:
            return (parked if parked.state in FINAL_STAGES else None), shipment
        return None, await self._parking.run_until_done(
            lambda: workflow.execute_local_activity_method(
                DeviceSetupActivities.reorder_shipment,
                self._request,
                summary="another shipment",
                **policies.OWN_DATABASE,
            ),
            resume=resume,
        )

    async def _install_customer_device(self) -> EnrollmentProgress:
        """Until the customer's own devices answer and are associated, or the request ends otherwise."""
        while True:
            ended = await self.status_check.run(until=lambda: self._record.cancel_is_requested or self._is_expired)
            if ended is None and self._record.cancel_is_requested:
                return await self._record.cancel()
            if ended is None and self._is_expired:
                ended = await self._expire_enrollment(WorkflowStage.CHECKING_DEVICE)
            if ended is None:
                ended = await self._associate_customer_device()
            if ended is not None:
                return ended

    async def _associate_customer_device(self) -> EnrollmentProgress | None:
        installed = await self._parking.run_until_done(
            lambda: workflow.execute_local_activity_method(
                DeviceSetupActivities.associate_customer_device,
                self._request,
                summary="associate what was checked",
                **policies.OWN_DATABASE,
            ),
            resume=WorkflowStage.CHECKING_DEVICE,
        )
        return await self._handle_association(installed, WorkflowStage.CHECKING_DEVICE)

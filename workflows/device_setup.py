"""The device setup of an enrollment: what happens between its acceptance and the association of its devices.

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
    from workflows.enrollment_record import FINAL_STAGES, EnrollmentRecord
    from workflows.parking import STAGE, set_search_attributes
    from workflows.steps.shipping import Shipping
    from workflows.steps.site_visit import AskPerson, SiteVisit
    from workflows.steps.status_check import StatusCheck

_SITE_VISIT = WorkflowStage.AWAITING_SITE_VISIT
_REASON_BY_OUTCOME: dict[CompletionOutcome | None, str] = {
    CompletionOutcome.CUSTOMER_REFUSED: "The customer refused the installation.",
    CompletionOutcome.NOT_INSTALLABLE: "The device cannot be installed there safely.",
}


class DeviceSetup:
    """Has a device installed in the way that the enrollment asks for, and checks it, until it is associated."""

    def __init__(self, request: EnrollInput, record: EnrollmentRecord) -> None:
        self._request = request
        self._record = record
        self._is_expired = False
        self._status_check_required = False
        self.site_visit = SiteVisit(record)
        self.shipping = Shipping(record)
        self.status_check = StatusCheck(request, record)

    async def run(self, progress: EnrollmentProgress) -> EnrollmentProgress:
        """Returns where the request stands when its devices are associated, or when it has ended otherwise.

        The time allowed for the setup runs beside everything else.
        """
        if not progress.steps:
            return progress
        self._status_check_required = SetupStep.DEVICE_STATUS_CHECK in progress.steps
        expiry = asyncio.create_task(self._start_expiry_timer(progress.expire_after_days))
        try:
            if progress.visit is not None:
                return await self._install_by_technician(progress.visit)
            if progress.shipment is not None:
                return await self._install_shipped_device(progress.shipment)
            return await self._install_customer_device()
        finally:
            expiry.cancel()

    async def _start_expiry_timer(self, days: int) -> None:
        await workflow.sleep(timedelta(days=days), summary="the time allowed for the device setup")
        self._is_expired = True

    async def _install_by_technician(self, visit: AwaitedVisit) -> EnrollmentProgress:
        """Waits until the device of a technician's report is associated, or the request ends otherwise."""
        set_search_attributes(STAGE.value_set(_SITE_VISIT))
        status = await self.site_visit.run(visit, until=self._visit_is_obsolete(visit), ask=self._ask_about(visit))
        while True:
            if self._record.cancel_is_requested:
                return await self._record.cancel()
            if status.state is WorkOrderState.COMPLETED:
                ended, status = await self._associate(visit, status)
            elif status.state is WorkOrderState.INCOMPLETE and (why := _REASON_BY_OUTCOME.get(status.outcome)):
                return await self._record.cancel(CancelRequested(reason=why, actor="enroll"))
            elif self._is_expired:
                ended, status = await self._expire(visit)
            elif status.waits or status.attempts_used_up:
                ended, until = None, self._visit_is_obsolete(visit)
                status = await self.site_visit.resume_waiting(visit, status, until=until, ask=self._ask_about(visit))
            else:
                ended, visit, status = await self._reorder_installation(visit, status)
            if ended is not None:
                return ended

    def _visit_is_obsolete(self, visit: AwaitedVisit) -> Callable[[], bool]:
        """Returns whether the visit is not needed any more. A report that came in before the time ran out counts."""
        return lambda: (
            self._record.cancel_is_requested or (self._is_expired and not self.site_visit.has_unprocessed_report(visit))
        )

    def _ask_about(self, visit: AwaitedVisit) -> AskPerson:
        """A person decides about one more visit, unless a technician goes there anyway and reports."""

        def obsolete() -> bool:
            return self._is_expired or self.site_visit.has_unprocessed_report(visit)

        async def ask(why: str) -> None:
            await self._record.park(why, resume=_SITE_VISIT, until=obsolete, again_after=None)

        return ask

    async def _associate(
        self, visit: AwaitedVisit, status: SiteVisitStatus
    ) -> tuple[EnrollmentProgress | None, SiteVisitStatus]:
        if ended := await self._check():
            return ended, status
        installed = await self._associate_installed(visit)
        if installed.stuck:
            return await self._park_association(installed.stuck, _SITE_VISIT), status
        if installed.verdict:
            return None, await self.site_visit.get_status(visit)
        return EnrollmentProgress(state=installed.state, sync_request_id=installed.sync_request_id), status

    async def _associate_installed(self, visit: AwaitedVisit) -> InstallationResult:
        request = AssociateInstalledDevice(enrollment_id=self._request.enrollment_id, work_order_id=visit.work_order_id)
        return await self._record.run_step(
            EnrollmentActivities.associate_installed,
            request,
            summary="associate what was installed",
            resume=_SITE_VISIT,
        )

    async def _park_association(self, why: str, resume: WorkflowStage) -> EnrollmentProgress | None:
        parked = await self._record.park(why, resume=resume, again_after=None)
        return parked if parked.state in FINAL_STAGES else None

    async def _check(self) -> EnrollmentProgress | None:
        """Checks the installed device, if the program requires that, until it answers. The request does not expire
        meanwhile: the device is installed, so that a person decides."""
        if not self._status_check_required:
            return None
        ended = await self.status_check.run(until=lambda: self._record.cancel_is_requested)
        return await self._record.cancel() if self._record.cancel_is_requested and ended is None else ended

    async def _expire(self, visit: AwaitedVisit) -> tuple[EnrollmentProgress | None, SiteVisitStatus]:
        """Expires the request, unless our record has a report that the workflow has not received yet."""
        return await self._expire_enrollment(_SITE_VISIT), await self.site_visit.get_status(visit)

    async def _expire_enrollment(self, resume: WorkflowStage) -> EnrollmentProgress | None:
        expired = await self._record.run_step(
            EnrollmentActivities.expire_enrollment, self._request, summary="expire", resume=resume
        )
        return expired if expired.state in FINAL_STAGES else None

    async def _reorder_installation(
        self, visit: AwaitedVisit, status: SiteVisitStatus
    ) -> tuple[EnrollmentProgress | None, AwaitedVisit, SiteVisitStatus]:
        """The work order was canceled on its own: a person has a new one made, or ends the request."""
        why = f"{visit.work_order_id} is {status.state}, and the enrollment waits for it; a retry makes a new order."
        parked = await self._record.park(why, resume=_SITE_VISIT, until=lambda: self._is_expired, again_after=None)
        if parked.state in FINAL_STAGES or self._is_expired or self._record.cancel_is_requested:
            return (parked if parked.state in FINAL_STAGES else None), visit, status
        again = await self._record.run_step(
            EnrollmentActivities.reorder_installation, self._request, summary="a new order", resume=_SITE_VISIT
        )
        until = self._visit_is_obsolete(again)
        return (
            None,
            again,
            await self.site_visit.run(again, until=until, ask=self._ask_about(again)),
        )

    async def _install_shipped_device(self, shipment: AwaitedShipment) -> EnrollmentProgress:
        """Waits until the customer has installed and confirmed the shipped device, or the request ends otherwise."""
        set_search_attributes(STAGE.value_set(WorkflowStage.AWAITING_SHIPMENT))
        status = await self.shipping.get_status(shipment)
        while True:
            ended: EnrollmentProgress | None = None
            if self._record.cancel_is_requested:
                return await self._record.cancel()
            if status.state is ShipmentState.CONFIRMED:
                ended = await self._check() or await self._associate_shipped(shipment)
            elif self._is_expired:
                ended = await self._expire_enrollment(WorkflowStage.AWAITING_SHIPMENT)
            elif status.waits:
                status = await self.shipping.wait_for_change(
                    shipment, status, lambda: self._record.cancel_is_requested or self._is_expired
                )
                continue
            else:
                ended, shipment = await self._reorder_shipment(shipment, status)
            if ended is not None:
                return ended
            status = await self.shipping.get_status(shipment)

    async def _associate_shipped(self, shipment: AwaitedShipment) -> EnrollmentProgress | None:
        request = AssociateShippedDevice(enrollment_id=self._request.enrollment_id, shipment_id=shipment.shipment_id)
        installed = await self._record.run_step(
            DeviceSetupActivities.associate_shipped,
            request,
            summary="associate what was confirmed",
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
        self, shipment: AwaitedShipment, status: ShipmentStatus
    ) -> tuple[EnrollmentProgress | None, AwaitedShipment]:
        """The shipment came back: a person has another one sent, or ends the request."""
        why = f"{status.shipment_id} is {status.state}, and the enrollment waits for it; a retry sends another one."
        resume = WorkflowStage.AWAITING_SHIPMENT
        parked = await self._record.park(why, resume=resume, until=lambda: self._is_expired, again_after=None)
        if parked.state in FINAL_STAGES or self._is_expired or self._record.cancel_is_requested:
            return (parked if parked.state in FINAL_STAGES else None), shipment
        return None, await self._record.run_step(
            DeviceSetupActivities.reorder_shipment, self._request, summary="another shipment", resume=resume
        )

    async def _install_customer_device(self) -> EnrollmentProgress:
        """Waits until the customer's own devices answer and are associated, or the request ends otherwise."""
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
        installed = await self._record.run_step(
            DeviceSetupActivities.associate_customer_device,
            self._request,
            summary="associate what was checked",
            resume=WorkflowStage.CHECKING_DEVICE,
        )
        return await self._handle_association(installed, WorkflowStage.CHECKING_DEVICE)

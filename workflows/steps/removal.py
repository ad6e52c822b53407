"""Removing the devices of an unenrollment, all at the same time: a technician fetches them, or they are shipped back.

See docs/domain.md#unenroll.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.unenrollment import UnenrollmentActivities
    from models.messages.search_attributes import WorkflowStage
    from models.messages.signals import RetryRequested
    from models.messages.site_visit import AppointmentChanged, AwaitedVisit, SiteVisitCompleted, WorkOrderCancelled
    from models.messages.unenrollment import (
        DeviceRemoval,
        RemindOfDevice,
        RemovalEnded,
        RemovalFailed,
        RetryRemoval,
        UnenrollmentProgress,
    )
    from models.states.work_order import WorkOrderState
    from wording.unenrollment import removal_waits_for_person
    from workflows.parking import Parking
    from workflows.record import Record, Step
    from workflows.signals import M
    from workflows.steps.site_visit import SiteVisit


class DeviceRemovals:
    """One task for each device, each with a parking of its own, so that a device that takes long delays no other."""

    def __init__(
        self, unenrollment_id: str, parking: Parking, note_progress: Callable[[UnenrollmentProgress], None]
    ) -> None:
        """`note_progress` is called with what each step on our record returns."""
        self._unenrollment_id = unenrollment_id
        self._parking = parking
        self._note_progress = note_progress
        self._kept_by_device: dict[str, bool] = {}
        """The devices whose removal has ended, and whether each stays where it is."""
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._records: dict[str, Record] = {}
        """One for each device, and one for each work order."""
        self._visits: dict[str, SiteVisit] = {}

    def record_returned(self, device_id: str) -> None:
        """Notes that a shipped device came back."""
        self._kept_by_device.setdefault(device_id, False)

    def record_kept(self, device_id: str) -> None:
        """Notes that a person decided that a device stays where it is."""
        self._kept_by_device.setdefault(device_id, True)

    def record_completion(self, report: SiteVisitCompleted) -> None:
        """Notes a technician's report."""
        self._get_visit(report.work_order_id).record_completion(report)

    def record_appointment(self, message: AppointmentChanged) -> None:
        """Notes that an appointment was made or moved."""
        self._get_visit(message.work_order_id).record_appointment(message)

    def record_cancellation(self, message: WorkOrderCancelled) -> None:
        """Notes that a work order was canceled."""
        self._get_visit(message.work_order_id).record_cancellation(message)

    def retry_requested(self, message: RetryRequested) -> None:
        """Notes that a person wants failed removals tried again."""
        for record in self._records.values():
            record.parking.retry_requested(message)

    def start_new(self, removals: tuple[DeviceRemoval, ...], progress: UnenrollmentProgress) -> None:
        """Starts the removals that are not started yet."""
        for removal in removals:
            if removal.device_id not in self._tasks:
                self._records[removal.device_id] = Record(Parking(beside=self._parking))
                self._tasks[removal.device_id] = asyncio.create_task(self._remove_device(removal, progress))

    @property
    def is_finished(self) -> bool:
        """Whether no device is being removed any more; raises what a removal raised."""
        for task in self._tasks.values():
            if task.done() and not task.cancelled():
                task.result()
        return all(task.done() for task in self._tasks.values())

    async def cancel_all(self) -> None:
        """Ends all removals: the unenrollment was canceled."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _get_visit(self, work_order_id: str) -> SiteVisit:
        if work_order_id not in self._visits:
            record = self._records[work_order_id] = Record(Parking(beside=self._parking))
            self._visits[work_order_id] = SiteVisit(record, stage=WorkflowStage.REMOVING)
        return self._visits[work_order_id]

    async def _remove_device(self, removal: DeviceRemoval, limits: UnenrollmentProgress) -> None:
        """Removes one device. A person decides about a removal that failed: try it again, or leave the device."""
        device, progress = removal.device_id, limits
        while device not in self._kept_by_device:
            visit = next((other.visit for other in progress.removals if other.device_id == device), removal.visit)
            failure = await (self._await_visit(device, visit) if visit else self._await_return(device, limits))
            if failure is None:
                break
            await self._ask_person(device, failure)
            if device not in self._kept_by_device:
                progress = await self._retry_removal(device)
        await self._record_removal(device, kept=self._kept_by_device.get(device, False))

    async def _await_visit(self, device: str, visit: AwaitedVisit) -> str | None:
        """Returns why the visit failed; None when the technician has fetched the device, or it stays."""
        site_visit = self._get_visit(visit.work_order_id)

        async def ask(why: str) -> None:
            await self._ask_person(device, why, until=lambda: site_visit.has_late_report)
            if device not in self._kept_by_device:
                await self._retry_removal(device)

        status = await site_visit.run(visit, until=lambda: device in self._kept_by_device, ask=ask)
        if device in self._kept_by_device or status.state is WorkOrderState.COMPLETED:
            return None
        if status.state is WorkOrderState.CANCELLED:
            return f"{visit.work_order_id} was canceled, and the device is still there."
        return f"{visit.work_order_id} ended with {status.outcome}, and the device is still there."

    async def _await_return(self, device: str, limits: UnenrollmentProgress) -> str | None:
        """Returns why the device is not expected any longer; None when it came back, or stays."""
        elapsed = 0
        for days, escalate in ((limits.remind_after_days, False), (limits.escalate_after_days, True)):
            if await self._is_returned_within(device, days - elapsed):
                return None
            elapsed = days
            await self._run_step(
                device,
                UnenrollmentActivities.remind_of_return,
                RemindOfDevice(unenrollment_id=self._unenrollment_id, device_id=device, escalate=escalate),
                summary="escalate" if escalate else "remind",
            )
        if await self._is_returned_within(device, limits.expire_after_days - elapsed):
            return None
        return f"The device was not shipped back within {limits.expire_after_days} days."

    async def _is_returned_within(self, device: str, days: int) -> bool:
        workflow.set_current_details(f"Waiting for {device} to be shipped back.")
        try:
            await workflow.wait_condition(
                lambda: device in self._kept_by_device,
                timeout=timedelta(days=days),
                timeout_summary=f"{device} not here yet",
            )
        except asyncio.TimeoutError:  # noqa: UP041 - what the SDK documents
            return False
        return True

    async def _ask_person(self, device: str, why: str, *, until: Callable[[], bool] = lambda: False) -> None:
        """Marks the record, and waits until a person acts or `until` holds."""
        parking = self._records[device].parking
        parking.discard_retry()
        await self._run_step(
            device,
            UnenrollmentActivities.record_removal_failure,
            RemovalFailed(unenrollment_id=self._unenrollment_id, device_id=device, reason=why),
            summary="call a person",
        )
        await parking.wait_for_person(
            removal_waits_for_person(why, self._unenrollment_id, device),
            resume=WorkflowStage.REMOVING,
            until=lambda: device in self._kept_by_device or until(),
        )

    async def _retry_removal(self, device: str) -> UnenrollmentProgress:
        return await self._run_step(
            device,
            UnenrollmentActivities.order_another_removal,
            RetryRemoval(unenrollment_id=self._unenrollment_id, device_id=device),
            summary="once more",
        )

    async def _record_removal(self, device: str, *, kept: bool) -> None:
        await self._run_step(
            device,
            UnenrollmentActivities.record_removal,
            RemovalEnded(unenrollment_id=self._unenrollment_id, device_id=device, kept=kept),
            summary="stays" if kept else "taken away",
        )

    async def _run_step(
        self, device: str, step: Step[M, UnenrollmentProgress], message: M, *, summary: str
    ) -> UnenrollmentProgress:
        progress = await self._records[device].run_step(step, message, summary=summary, resume=WorkflowStage.REMOVING)
        self._note_progress(progress)
        return progress

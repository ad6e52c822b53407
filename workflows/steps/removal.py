"""Fetching devices that leave a program, all at the same time: by a technician, or shipped back.

See docs/domain.md#unenroll.
"""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

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
    from workflows import policies
    from workflows.parking import Parking
    from workflows.steps.site_visit import SiteVisit


class DeviceRemovals:
    """Part of a flow: one task for each device, each with a place of its own where it waits for a person."""

    def __init__(self, unenrollment_id: str, parking: Parking, changed: Callable[[UnenrollmentProgress], None]) -> None:
        self._id = unenrollment_id
        self._parking = parking
        self._report_progress = changed
        self._kept_by_device: dict[str, bool] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._parking_by_id: dict[str, Parking] = {}
        self._visits: dict[str, SiteVisit] = {}

    def record_returned(self, device_id: str) -> None:
        """A shipped device came back."""
        self._kept_by_device.setdefault(device_id, False)

    def record_kept(self, device_id: str) -> None:
        """A person decided that a device stays where it is."""
        self._kept_by_device.setdefault(device_id, True)

    def record_completion(self, report: SiteVisitCompleted) -> None:
        """A technician reported."""
        self._get_visit(report.work_order_id).record_completion(report)

    def record_appointment(self, message: AppointmentChanged) -> None:
        """An appointment was made or moved."""
        self._get_visit(message.work_order_id).record_appointment(message)

    def record_cancellation(self, message: WorkOrderCancelled) -> None:
        """An order was called off."""
        self._get_visit(message.work_order_id).record_cancellation(message)

    def retry_requested(self, message: RetryRequested) -> None:
        """A person wants what came to nothing tried again."""
        for place in self._parking_by_id.values():
            place.retry_requested(message)

    def start_new(self, removals: tuple[DeviceRemoval, ...], leaving: UnenrollmentProgress) -> None:
        """Begins with those not begun with yet."""
        for removal in removals:
            if removal.device_id not in self._tasks:
                self._parking_by_id[removal.device_id] = Parking(beside=self._parking)
                self._tasks[removal.device_id] = asyncio.create_task(self._remove_device(removal, leaving))

    @property
    def is_finished(self) -> bool:
        """Whether nothing is being fetched any more; a fault of ours in one of them comes out here."""
        for task in self._tasks.values():
            if task.done() and not task.cancelled():
                task.result()
        return all(task.done() for task in self._tasks.values())

    async def cancel_all(self) -> None:
        """Nothing is fetched any more: the request was taken back."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _get_visit(self, work_order_id: str) -> SiteVisit:
        if work_order_id not in self._visits:
            place = self._parking_by_id[work_order_id] = Parking(beside=self._parking)
            self._visits[work_order_id] = SiteVisit(place)
        return self._visits[work_order_id]

    async def _remove_device(self, removal: DeviceRemoval, level: UnenrollmentProgress) -> None:
        device, leaving = removal.device_id, level
        while device not in self._kept_by_device:
            visit = next((one.visit for one in leaving.removals if one.device_id == device), removal.visit)
            failure = await (self._await_visit(device, visit) if visit else self._await_return(device, level))
            if failure is None:
                break
            await self._ask_person(device, failure)
            if device not in self._kept_by_device:
                leaving = await self._retry_removal(device)
        await self._record_removal(device, kept=self._kept_by_device.get(device, False))

    async def _await_visit(self, device: str, visit: AwaitedVisit) -> str | None:
        """Why the visit came to nothing; None when the device was fetched or stays."""
        site_visit = self._get_visit(visit.work_order_id)

        async def ask(why: str) -> None:
            await self._ask_person(device, why, until=lambda: site_visit.has_late_report)
            if device not in self._kept_by_device:
                await self._retry_removal(device)

        standing = await site_visit.run(
            visit, resume=WorkflowStage.REMOVING, until=lambda: device in self._kept_by_device, ask=ask
        )
        if device in self._kept_by_device or standing.state is WorkOrderState.COMPLETED:
            return None
        if standing.state is WorkOrderState.CANCELLED:
            return f"{visit.work_order_id} was called off, and the device is still there."
        return f"{visit.work_order_id} ended with {standing.outcome}, and the device is still there."

    async def _await_return(self, device: str, level: UnenrollmentProgress) -> str | None:
        """Why the device is not awaited any longer; None when it came or stays."""
        elapsed = 0
        for days, escalate in ((level.remind_after_days, False), (level.escalate_after_days, True)):
            if await self._is_returned_within(device, days - elapsed):
                return None
            elapsed = days
            request = RemindOfDevice(unenrollment_id=self._id, device_id=device, escalate=escalate)
            await self._update_record(
                device,
                lambda request=request: workflow.execute_local_activity_method(
                    UnenrollmentActivities.remind_of_return,
                    request,
                    summary="escalate" if request.escalate else "remind",
                    **policies.OWN_DATABASE,
                ),
            )
        if await self._is_returned_within(device, level.expire_after_days - elapsed):
            return None
        return f"The device was not shipped back within {level.expire_after_days} days."

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
        """Marks the record, and waits until a person acted, or `until` holds."""
        self._parking_by_id[device].discard_retry()
        request = RemovalFailed(unenrollment_id=self._id, device_id=device, reason=why)
        await self._update_record(
            device,
            lambda: workflow.execute_local_activity_method(
                UnenrollmentActivities.record_removal_failure, request, summary="call a person", **policies.OWN_DATABASE
            ),
        )
        await self._parking_by_id[device].wait_for_person(
            removal_waits_for_person(why, self._id, device),
            resume=WorkflowStage.REMOVING,
            until=lambda: device in self._kept_by_device or until(),
        )

    async def _retry_removal(self, device: str) -> UnenrollmentProgress:
        request = RetryRemoval(unenrollment_id=self._id, device_id=device)
        return await self._update_record(
            device,
            lambda: workflow.execute_local_activity_method(
                UnenrollmentActivities.order_another_removal, request, summary="once more", **policies.OWN_DATABASE
            ),
        )

    async def _record_removal(self, device: str, *, kept: bool) -> None:
        request = RemovalEnded(unenrollment_id=self._id, device_id=device, kept=kept)
        await self._update_record(
            device,
            lambda: workflow.execute_local_activity_method(
                UnenrollmentActivities.record_removal,
                request,
                summary="stays" if kept else "taken away",
                **policies.OWN_DATABASE,
            ),
        )

    async def _update_record(
        self, device: str, step: Callable[[], Coroutine[Any, Any, UnenrollmentProgress]]
    ) -> UnenrollmentProgress:
        """A step on our own record; what is to be told the DERMS after it is passed on."""
        leaving = await self._parking_by_id[device].run_until_done(step, resume=WorkflowStage.REMOVING)
        self._report_progress(leaving)
        return leaving

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
    from models.messages.enroll import RetryRequested, Stage
    from models.messages.site_visit import AppointmentChanged, SiteVisitCompleted, Visit, WorkOrderCancelled
    from models.messages.unenroll import (
        AnotherRemoval,
        Leaving,
        RemindOfDevice,
        Removal,
        RemovalEnded,
        RemovalFailed,
    )
    from models.task_states import WorkOrderState
    from workflows import policies
    from workflows.parking import Parking
    from workflows.site_visit import SiteVisit


class Removals:
    """Part of a flow: one task for each device, each with a place of its own where it waits for a person."""

    def __init__(self, unenrollment_id: str, parking: Parking, changed: Callable[[Leaving], None]) -> None:
        self._id = unenrollment_id
        self._parking = parking
        self._changed = changed
        self._ends: dict[str, bool] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._places: dict[str, Parking] = {}
        self._visits: dict[str, SiteVisit] = {}

    def received(self, device_id: str) -> None:
        """A shipped device came back."""
        self._ends.setdefault(device_id, False)

    def kept(self, device_id: str) -> None:
        """A person decided that a device stays where it is."""
        self._ends.setdefault(device_id, True)

    def completed(self, report: SiteVisitCompleted) -> None:
        """A technician reported."""
        self._visit(report.work_order_id).completed(report)

    def appointment_changed(self, message: AppointmentChanged) -> None:
        """An appointment was made or moved."""
        self._visit(message.work_order_id).appointment_changed(message)

    def called_off(self, message: WorkOrderCancelled) -> None:
        """An order was called off."""
        self._visit(message.work_order_id).cancelled(message)

    def retry_requested(self, message: RetryRequested) -> None:
        """A person wants what came to nothing tried again."""
        for place in self._places.values():
            place.retry_requested(message)

    def take_up(self, removals: tuple[Removal, ...], leaving: Leaving) -> None:
        """Begins with those not begun with yet."""
        for removal in removals:
            if removal.device_id not in self._tasks:
                self._places[removal.device_id] = Parking(beside=self._parking)
                self._tasks[removal.device_id] = asyncio.create_task(self._fetch(removal, leaving))

    @property
    def over(self) -> bool:
        """Whether nothing is being fetched any more; a fault of ours in one of them comes out here."""
        for task in self._tasks.values():
            if task.done() and not task.cancelled():
                task.result()
        return all(task.done() for task in self._tasks.values())

    async def stop(self) -> None:
        """Nothing is fetched any more: the request was taken back."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _visit(self, work_order_id: str) -> SiteVisit:
        if work_order_id not in self._visits:
            place = self._places[work_order_id] = Parking(beside=self._parking)
            self._visits[work_order_id] = SiteVisit(place)
        return self._visits[work_order_id]

    async def _fetch(self, removal: Removal, level: Leaving) -> None:
        device, leaving = removal.device_id, level
        while device not in self._ends:
            visit = next((one.visit for one in leaving.removals if one.device_id == device), removal.visit)
            failure = await (self._visited(device, visit) if visit else self._shipped(device, level))
            if failure is None:
                break
            await self._ask(device, failure)
            if device not in self._ends:
                leaving = await self._again(device)
        await self._ended(device, kept=self._ends.get(device, False))

    async def _visited(self, device: str, visit: Visit) -> str | None:
        """Why the visit came to nothing; None when the device was fetched or stays."""
        site_visit = self._visit(visit.work_order_id)

        async def ask(why: str) -> None:
            await self._ask(device, why, until=lambda: site_visit.reported_late)
            if device not in self._ends:
                await self._again(device)

        standing = await site_visit.run(visit, resume=Stage.REMOVING, until=lambda: device in self._ends, ask=ask)
        if device in self._ends or standing.state is WorkOrderState.COMPLETED:
            return None
        if standing.state is WorkOrderState.CANCELLED:
            return f"{visit.work_order_id} was called off, and the device is still there."
        return f"{visit.work_order_id} ended with {standing.outcome}, and the device is still there."

    async def _shipped(self, device: str, level: Leaving) -> str | None:
        """Why the device is not awaited any longer; None when it came or stays."""
        elapsed = 0
        for days, escalate in ((level.remind_after_days, False), (level.escalate_after_days, True)):
            if await self._comes(device, days - elapsed):
                return None
            elapsed = days
            request = RemindOfDevice(unenrollment_id=self._id, device_id=device, escalate=escalate)
            await self._own(
                device,
                lambda request=request: workflow.execute_local_activity_method(
                    UnenrollmentActivities.remind_of_device,
                    request,
                    summary="escalate" if request.escalate else "remind",
                    **policies.OWN_DATABASE,
                ),
            )
        if await self._comes(device, level.expire_after_days - elapsed):
            return None
        return f"The device was not shipped back within {level.expire_after_days} days."

    async def _comes(self, device: str, days: int) -> bool:
        workflow.set_current_details(f"Waiting for {device} to be shipped back.")
        try:
            await workflow.wait_condition(
                lambda: device in self._ends, timeout=timedelta(days=days), timeout_summary=f"{device} not here yet"
            )
        except asyncio.TimeoutError:  # noqa: UP041 - what the SDK documents
            return False
        return True

    async def _ask(self, device: str, why: str, *, until: Callable[[], bool] = lambda: False) -> None:
        """Marks the record, and waits until a person acted, or `until` holds."""
        self._places[device].forget()
        request = RemovalFailed(unenrollment_id=self._id, device_id=device, reason=why)
        await self._own(
            device,
            lambda: workflow.execute_local_activity_method(
                UnenrollmentActivities.removal_failed, request, summary="call a person", **policies.OWN_DATABASE
            ),
        )
        door = f"/v1/program-unenrollments/{self._id}"
        await self._places[device].wait(
            f"{why} Retry it, or end it as kept: POST {door}/retry or {door}/devices/{device}/kept.",
            resume=Stage.REMOVING,
            until=lambda: device in self._ends or until(),
        )

    async def _again(self, device: str) -> Leaving:
        request = AnotherRemoval(unenrollment_id=self._id, device_id=device)
        return await self._own(
            device,
            lambda: workflow.execute_local_activity_method(
                UnenrollmentActivities.another_removal, request, summary="once more", **policies.OWN_DATABASE
            ),
        )

    async def _ended(self, device: str, *, kept: bool) -> None:
        request = RemovalEnded(unenrollment_id=self._id, device_id=device, kept=kept)
        await self._own(
            device,
            lambda: workflow.execute_local_activity_method(
                UnenrollmentActivities.removal_ended,
                request,
                summary="stays" if kept else "taken away",
                **policies.OWN_DATABASE,
            ),
        )

    async def _own(self, device: str, step: Callable[[], Coroutine[Any, Any, Leaving]]) -> Leaving:
        """A step on our own record; what is to be told the DERMS after it is passed on."""
        leaving = await self._places[device].insist(step, resume=Stage.REMOVING)
        self._changed(leaving)
        return leaving

"""Waiting for a technician: dispatched, appointed, reminded, escalated, until a report can be taken (DOMAIN.md 5.2)."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.site_visit import SiteVisitActivities
    from models.messages.enroll import Stage
    from models.messages.site_visit import (
        AppointmentChanged,
        RemindOfVisit,
        SiteVisitCompleted,
        TakeCompletion,
        Visit,
        VisitStanding,
        WorkOrderCancelled,
    )
    from workflows import policies
    from workflows.parking import Parking


class SiteVisit:
    """Part of a flow: one order at a time, from dispatch to its end."""

    def __init__(self, parking: Parking) -> None:
        self._parking = parking
        self._seen: set[str] = set()
        self._reports: list[SiteVisitCompleted] = []
        self._appointed = False
        self._called_off: set[str] = set()

    def completed(self, report: SiteVisitCompleted) -> None:
        """A technician reported; the same report twice is one, and it may come before the flow waits."""
        if report.completion_id not in self._seen:
            self._seen.add(report.completion_id)
            self._reports.append(report)

    def appointment_changed(self, message: AppointmentChanged) -> None:
        """An appointment was made or moved; reminders count anew."""
        self._appointed = True

    def cancelled(self, message: WorkOrderCancelled) -> None:
        """The order was called off."""
        self._called_off.add(message.work_order_id)

    async def run(
        self, visit: Visit, *, resume: Stage, until: Callable[[], bool], insists: bool = True
    ) -> VisitStanding:
        """Until the order has ended, or `until` holds: something else ended what it was made for. When all its visits
        came to nothing it waits for a person who wants one more, unless its flow asks that person itself (`insists`).
        """
        standing = await workflow.execute_activity_method(
            SiteVisitActivities.dispatch_work_order, visit, summary="dispatch", **policies.FIELD_WORK
        )
        while standing.waits and not until():
            standing = await self._wait(visit, standing, until)
            if standing.attempts_used_up and insists:
                standing = await self._ask_person(visit, standing, resume, until)
        return standing

    async def _wait(self, visit: Visit, standing: VisitStanding, until: Callable[[], bool]) -> VisitStanding:
        """One step on: a report looked at, or a reminder given."""
        elapsed, self._appointed = 0, False
        for days, escalate in ((visit.remind_after_days, False), (visit.escalate_after_days, True)):
            workflow.set_current_details(_waiting(visit, standing))
            if await self._hears(visit, until, timedelta(days=days - elapsed)):
                return await self._heard(visit)
            elapsed = days
            standing = await self._remind(visit, escalate=escalate)
            if not standing.waits:
                return standing
        await self._hears(visit, until, None)
        return await self._heard(visit)

    async def _hears(self, visit: Visit, until: Callable[[], bool], patience: timedelta | None) -> bool:
        def heard() -> bool:
            return bool(self._reports) or self._appointed or visit.work_order_id in self._called_off or until()

        try:
            await workflow.wait_condition(heard, timeout=patience, timeout_summary="remind of the visit")
        except asyncio.TimeoutError:  # noqa: UP041 - what the SDK documents
            return False
        return True

    async def _heard(self, visit: Visit) -> VisitStanding:
        if self._reports:
            report = TakeCompletion(report=self._reports.pop(0))
            return await workflow.execute_local_activity_method(
                SiteVisitActivities.take_completion, report, summary="look at the report", **policies.OWN_DATABASE
            )
        return await workflow.execute_local_activity_method(
            SiteVisitActivities.visit_standing, visit, summary="where the order stands", **policies.OWN_DATABASE
        )

    async def _remind(self, visit: Visit, *, escalate: bool) -> VisitStanding:
        return await workflow.execute_local_activity_method(
            SiteVisitActivities.remind_of_visit,
            RemindOfVisit(work_order_id=visit.work_order_id, escalate=escalate),
            summary="escalate" if escalate else "remind",
            **policies.OWN_DATABASE,
        )

    async def _ask_person(
        self, visit: Visit, standing: VisitStanding, resume: Stage, until: Callable[[], bool]
    ) -> VisitStanding:
        """No visit came to anything: a person decides on one more, or ends it."""
        await self._parking.wait(
            f"{visit.work_order_id} ended {standing.outcome} for the last time. Retry it for one more visit, or cancel "
            "what it was made for.",
            resume=resume,
            until=until,
        )
        if until():
            return standing
        return await workflow.execute_local_activity_method(
            SiteVisitActivities.another_attempt, visit, summary="one more visit", **policies.OWN_DATABASE
        )


def _waiting(visit: Visit, standing: VisitStanding) -> str:
    sent_back = f" Sent back to the technician: {standing.verdict}" if standing.verdict not in ("", "taken") else ""
    return f"Waiting for a technician's report on {visit.work_order_id}, which is {standing.state}.{sent_back}"

"""Waiting for a technician: dispatched, appointed, reminded, escalated, until a report can be taken.

See docs/domain.md#device-setup.
"""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

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
    from models.task_states import WorkOrderState
    from workflows import policies
    from workflows.cancellation import unless_over
    from workflows.parking import Parking, reason_of
    from workflows.signals import SeenMessages

AskPerson = Callable[[str], Coroutine[Any, Any, None]]
"""Marks the record that the visit is for, waits until a person acted or it is over, and marks it as going on."""

_LATE_REPORTS_COUNT = "a-report-wakes-who-waits-for-a-person"


class SiteVisit:
    """Part of a flow: one order at a time, from dispatch to its end."""

    def __init__(self, parking: Parking) -> None:
        self._parking = parking
        self._seen = SeenMessages()
        self._reports: list[SiteVisitCompleted] = []
        self._appointed = False
        self._called_off: set[str] = set()
        self._asked_about: str | None = None
        self.reported_late = False
        """Whether a technician has reported all the same, while a person is asked whether to send one again."""

    def completed(self, report: SiteVisitCompleted) -> None:
        """A technician reported; the same report twice is one, and it may come before the flow waits. One of an order
        that this flow never waits for is never looked at."""
        if self._seen.is_new(report.model_dump_json()):
            self._reports.append(report)
            if report.work_order_id == self._asked_about:
                # Flows that had one before this was so have waited on.
                self.reported_late = workflow.patched(_LATE_REPORTS_COUNT)

    def has_unread(self, visit: Visit) -> bool:
        """Whether a report of the order came in and was not looked at yet."""
        return self._unread(visit) is not None

    def appointment_changed(self, message: AppointmentChanged) -> None:
        """An appointment was made or moved; reminders count anew."""
        self._appointed = True

    def cancelled(self, message: WorkOrderCancelled) -> None:
        """The order was called off."""
        self._called_off.add(message.work_order_id)

    async def run(self, visit: Visit, *, resume: Stage, until: Callable[[], bool], ask: AskPerson) -> VisitStanding:
        """Dispatches the order and waits until it has ended, or `until` holds: something else ended what it was made
        for. `ask` is how a person is asked when no visit came to anything."""
        standing = await self._dispatch(visit, resume, until)
        return await self.wait_on(visit, standing, resume=resume, until=until, ask=ask)

    async def wait_on(
        self,
        visit: Visit,
        standing: VisitStanding,
        *,
        resume: Stage,
        until: Callable[[], bool],
        ask: AskPerson,
    ) -> VisitStanding:
        """Like `run`, of an order that was dispatched before: as after a report that could not be used after all."""
        while not until() and (standing.waits or standing.attempts_used_up):
            if standing.attempts_used_up:
                standing = await self._ask_person(visit, standing, resume, until, ask)
            else:
                standing = await self._wait(visit, standing, resume, until)
        return standing

    async def standing(self, visit: Visit, *, resume: Stage) -> VisitStanding:
        """Where the order stands now."""
        return await self._parking.insist(
            lambda: workflow.execute_local_activity_method(
                SiteVisitActivities.visit_standing, visit, summary="where the order stands", **policies.OWN_DATABASE
            ),
            resume=resume,
        )

    async def _dispatch(self, visit: Visit, resume: Stage, until: Callable[[], bool]) -> VisitStanding:
        """Handed over until the field-work system has it; who cancels meanwhile is not kept waiting."""
        not_dispatched = VisitStanding(work_order_id=visit.work_order_id, state=WorkOrderState.CREATED)
        while True:
            try:
                dispatched = await unless_over(
                    workflow.start_activity_method(
                        SiteVisitActivities.dispatch_work_order, visit, summary="dispatch", **policies.FIELD_WORK
                    ),
                    until,
                )
                return dispatched or not_dispatched
            except FailureError as error:
                if is_cancelled_exception(error):
                    raise
                why = f"{visit.work_order_id} could not be handed to field work: {reason_of(error)}"
            await self._parking.wait(why, resume=resume, until=until, again_after=policies.TRY_AGAIN_AFTER)
            if until():
                return not_dispatched

    async def _wait(
        self, visit: Visit, standing: VisitStanding, resume: Stage, until: Callable[[], bool]
    ) -> VisitStanding:
        """One step on: a report looked at, or a reminder given. Days count from an appointment, where there is one."""
        elapsed, self._appointed = timedelta(seconds=-standing.seconds_until_appointment), False
        for days, escalate in ((visit.remind_after_days, False), (visit.escalate_after_days, True)):
            workflow.set_current_details(_waiting(visit, standing))
            if await self._hears(visit, until, timedelta(days=days) - elapsed):
                return await self._heard(visit, standing, resume, until)
            elapsed = timedelta(days=days)
            standing = await self._remind(visit, resume, escalate=escalate)
            if not standing.waits:
                return standing
        workflow.set_current_details(f"{_waiting(visit, standing)} It is overdue and was escalated.")
        await self._hears(visit, until, None)
        return await self._heard(visit, standing, resume, until)

    async def _hears(self, visit: Visit, until: Callable[[], bool], patience: timedelta | None) -> bool:
        def heard() -> bool:
            return (
                self._unread(visit) is not None or self._appointed or visit.work_order_id in self._called_off or until()
            )

        try:
            await workflow.wait_condition(heard, timeout=patience, timeout_summary="remind of the visit")
        except asyncio.TimeoutError:  # noqa: UP041 - what the SDK documents
            return False
        return True

    async def _heard(
        self, visit: Visit, standing: VisitStanding, resume: Stage, until: Callable[[], bool]
    ) -> VisitStanding:
        """Looks at the oldest report of the order, which stays unread until it is recorded; or where the order stands,
        once for each time that it was said to be called off."""
        self._called_off.discard(visit.work_order_id)
        report = self._unread(visit)
        if report is None:
            return standing if until() else await self.standing(visit, resume=resume)
        request = TakeCompletion(report=report)
        taken = await self._parking.insist(
            lambda: workflow.execute_local_activity_method(
                SiteVisitActivities.take_completion, request, summary="look at the report", **policies.OWN_DATABASE
            ),
            resume=resume,
        )
        self._reports.remove(report)
        return taken

    def _unread(self, visit: Visit) -> SiteVisitCompleted | None:
        return next((report for report in self._reports if report.work_order_id == visit.work_order_id), None)

    async def _remind(self, visit: Visit, resume: Stage, *, escalate: bool) -> VisitStanding:
        request = RemindOfVisit(work_order_id=visit.work_order_id, escalate=escalate)
        return await self._parking.insist(
            lambda: workflow.execute_local_activity_method(
                SiteVisitActivities.remind_of_visit,
                request,
                summary="escalate" if escalate else "remind",
                **policies.OWN_DATABASE,
            ),
            resume=resume,
        )

    async def _ask_person(
        self, visit: Visit, standing: VisitStanding, resume: Stage, until: Callable[[], bool], ask: AskPerson
    ) -> VisitStanding:
        """No visit came to anything: a person decides on one more, or ends it."""
        self._asked_about = visit.work_order_id
        self.reported_late = self.has_unread(visit) and workflow.patched(_LATE_REPORTS_COUNT)
        await ask(f"{visit.work_order_id} ended with {standing.outcome}, and its attempts are used up.")
        self._asked_about, self.reported_late = None, False
        if until():
            return standing
        return await self._parking.insist(
            lambda: workflow.execute_local_activity_method(
                SiteVisitActivities.another_attempt, visit, summary="one more visit", **policies.OWN_DATABASE
            ),
            resume=resume,
        )


def _waiting(visit: Visit, standing: VisitStanding) -> str:
    sent_back = f" Sent back to the technician: {standing.verdict}" if standing.verdict not in ("", "taken") else ""
    return f"Waiting for a technician's report on {visit.work_order_id}, which is {standing.state}.{sent_back}"

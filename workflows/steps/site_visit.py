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
    from models.messages.search_attributes import WorkflowStage
    from models.messages.site_visit import (
        AppointmentChanged,
        AwaitedVisit,
        RemindOfVisit,
        ReviewCompletion,
        SiteVisitCompleted,
        SiteVisitStatus,
        WorkOrderCancelled,
    )
    from models.states.work_order import WorkOrderState
    from workflows import policies
    from workflows.cancellation import await_unless
    from workflows.parking import Parking, describe_failure
    from workflows.signals import MessageDeduplicator

RequestDecision = Callable[[str], Coroutine[Any, Any, None]]
"""Marks the record that the visit is for, waits until a person acted or it is over, and marks it as going on."""

_LATE_REPORT_WAKES_PARKED = "a-report-wakes-who-waits-for-a-person"


class SiteVisit:
    """Part of a flow: one order at a time, from dispatch to its end."""

    def __init__(self, parking: Parking) -> None:
        self._parking = parking
        self._seen = MessageDeduplicator()
        self._reports: list[SiteVisitCompleted] = []
        self._appointment_changed = False
        self._canceled_order_ids: set[str] = set()
        self._decision_pending_for: str | None = None
        self.has_late_report = False
        """Whether a technician has reported all the same, while a person is asked whether to send one again."""

    def record_completion(self, report: SiteVisitCompleted) -> None:
        """A technician reported; the same report twice is one, and it may come before the flow waits. One of an order
        that this flow never waits for is never looked at."""
        if self._seen.is_new(report.model_dump_json()):
            self._reports.append(report)
            if report.work_order_id == self._decision_pending_for:
                # Flows that had one before this was so have waited on.
                self.has_late_report = workflow.patched(_LATE_REPORT_WAKES_PARKED)

    def has_unprocessed_report(self, visit: AwaitedVisit) -> bool:
        """Whether a report of the order came in and was not looked at yet."""
        return self._get_unprocessed_report(visit) is not None

    def record_appointment(self, message: AppointmentChanged) -> None:
        """An appointment was made or moved; reminders count anew."""
        self._appointment_changed = True

    def record_cancellation(self, message: WorkOrderCancelled) -> None:
        """The order was called off."""
        self._canceled_order_ids.add(message.work_order_id)

    async def run(
        self, visit: AwaitedVisit, *, resume: WorkflowStage, until: Callable[[], bool], ask: RequestDecision
    ) -> SiteVisitStatus:
        """Dispatches the order and waits until it has ended, or `until` holds: something else ended what it was made
        for. `ask` is how a person is asked when no visit came to anything."""
        standing = await self._dispatch(visit, resume, until)
        return await self.resume_waiting(visit, standing, resume=resume, until=until, ask=ask)

    async def resume_waiting(
        self,
        visit: AwaitedVisit,
        standing: SiteVisitStatus,
        *,
        resume: WorkflowStage,
        until: Callable[[], bool],
        ask: RequestDecision,
    ) -> SiteVisitStatus:
        """Like `run`, of an order that was dispatched before: as after a report that could not be used after all."""
        while not until() and (standing.waits or standing.attempts_used_up):
            if standing.attempts_used_up:
                standing = await self._request_another_visit(visit, standing, resume, until, ask)
            else:
                standing = await self._wait_for_update(visit, standing, resume, until)
        return standing

    async def get_status(self, visit: AwaitedVisit, *, resume: WorkflowStage) -> SiteVisitStatus:
        """Where the order stands now."""
        return await self._parking.run_until_done(
            lambda: workflow.execute_local_activity_method(
                SiteVisitActivities.get_visit_status, visit, summary="where the order stands", **policies.OWN_DATABASE
            ),
            resume=resume,
        )

    async def _dispatch(self, visit: AwaitedVisit, resume: WorkflowStage, until: Callable[[], bool]) -> SiteVisitStatus:
        """Handed over until the field-work system has it; who cancels meanwhile is not kept waiting."""
        not_dispatched = SiteVisitStatus(work_order_id=visit.work_order_id, state=WorkOrderState.CREATED)
        while True:
            try:
                dispatched = await await_unless(
                    workflow.start_activity_method(
                        SiteVisitActivities.dispatch_work_order, visit, summary="dispatch", **policies.FIELD_WORK
                    ),
                    until,
                )
                return dispatched or not_dispatched
            except FailureError as error:
                if is_cancelled_exception(error):
                    raise
                why = f"{visit.work_order_id} could not be handed to field work: {describe_failure(error)}"
            await self._parking.wait_for_person(
                why, resume=resume, until=until, again_after=policies.AUTOMATIC_RETRY_INTERVAL
            )
            if until():
                return not_dispatched

    async def _wait_for_update(
        self, visit: AwaitedVisit, standing: SiteVisitStatus, resume: WorkflowStage, until: Callable[[], bool]
    ) -> SiteVisitStatus:
        """One step on: a report looked at, or a reminder given. Days count from an appointment, where there is one."""
        elapsed, self._appointment_changed = timedelta(seconds=-standing.seconds_until_appointment), False
        for days, escalate in ((visit.remind_after_days, False), (visit.escalate_after_days, True)):
            workflow.set_current_details(_describe_wait(visit, standing))
            if await self._is_updated_within(visit, until, timedelta(days=days) - elapsed):
                return await self._process_update(visit, standing, resume, until)
            elapsed = timedelta(days=days)
            standing = await self._remind(visit, resume, escalate=escalate)
            if not standing.waits:
                return standing
        workflow.set_current_details(f"{_describe_wait(visit, standing)} It is overdue and was escalated.")
        await self._is_updated_within(visit, until, None)
        return await self._process_update(visit, standing, resume, until)

    async def _is_updated_within(
        self, visit: AwaitedVisit, until: Callable[[], bool], patience: timedelta | None
    ) -> bool:
        def heard() -> bool:
            return (
                self._get_unprocessed_report(visit) is not None
                or self._appointment_changed
                or visit.work_order_id in self._canceled_order_ids
                or until()
            )

        try:
            await workflow.wait_condition(heard, timeout=patience, timeout_summary="remind of the visit")
        except asyncio.TimeoutError:  # noqa: UP041 - what the SDK documents
            return False
        return True

    async def _process_update(
        self, visit: AwaitedVisit, standing: SiteVisitStatus, resume: WorkflowStage, until: Callable[[], bool]
    ) -> SiteVisitStatus:
        """Looks at the oldest report of the order, which stays unread until it is recorded; or where the order stands,
        once for each time that it was said to be called off."""
        self._canceled_order_ids.discard(visit.work_order_id)
        report = self._get_unprocessed_report(visit)
        if report is None:
            return standing if until() else await self.get_status(visit, resume=resume)
        request = ReviewCompletion(report=report)
        taken = await self._parking.run_until_done(
            lambda: workflow.execute_local_activity_method(
                SiteVisitActivities.process_completion, request, summary="look at the report", **policies.OWN_DATABASE
            ),
            resume=resume,
        )
        self._reports.remove(report)
        return taken

    def _get_unprocessed_report(self, visit: AwaitedVisit) -> SiteVisitCompleted | None:
        return next((report for report in self._reports if report.work_order_id == visit.work_order_id), None)

    async def _remind(self, visit: AwaitedVisit, resume: WorkflowStage, *, escalate: bool) -> SiteVisitStatus:
        request = RemindOfVisit(work_order_id=visit.work_order_id, escalate=escalate)
        return await self._parking.run_until_done(
            lambda: workflow.execute_local_activity_method(
                SiteVisitActivities.remind_of_visit,
                request,
                summary="escalate" if escalate else "remind",
                **policies.OWN_DATABASE,
            ),
            resume=resume,
        )

    async def _request_another_visit(
        self,
        visit: AwaitedVisit,
        standing: SiteVisitStatus,
        resume: WorkflowStage,
        until: Callable[[], bool],
        ask: RequestDecision,
    ) -> SiteVisitStatus:
        """No visit came to anything: a person decides on one more, or ends it."""
        self._decision_pending_for = visit.work_order_id
        self.has_late_report = self.has_unprocessed_report(visit) and workflow.patched(_LATE_REPORT_WAKES_PARKED)
        await ask(f"{visit.work_order_id} ended with {standing.outcome}, and its attempts are used up.")
        self._decision_pending_for, self.has_late_report = None, False
        if until():
            return standing
        return await self._parking.run_until_done(
            lambda: workflow.execute_local_activity_method(
                SiteVisitActivities.order_another_visit, visit, summary="one more visit", **policies.OWN_DATABASE
            ),
            resume=resume,
        )


def _describe_wait(visit: AwaitedVisit, standing: SiteVisitStatus) -> str:
    sent_back = f" Sent back to the technician: {standing.verdict}" if standing.verdict not in ("", "taken") else ""
    return f"Waiting for a technician's report on {visit.work_order_id}, which is {standing.state}.{sent_back}"

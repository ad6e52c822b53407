"""Waiting for a technician: an order is dispatched, reminded of and escalated, until a report of the visit is accepted.

See docs/domain.md#device-setup.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

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
    from workflows.deduplication import MessageDeduplicator
    from workflows.parking import describe_failure
    from workflows.record import Record

AskPerson = Callable[[str], Awaitable[None]]
"""Asks a person what to do about a visit that failed, and returns when they acted or the question is obsolete."""

_LATE_REPORT_WAKES_PARKED = "a-report-wakes-who-waits-for-a-person"


class SiteVisit:
    """The visits of a workflow, one order at a time, each from its dispatch to its end."""

    def __init__(self, record: Record, *, stage: WorkflowStage = WorkflowStage.AWAITING_SITE_VISIT) -> None:
        """`stage`: what the workflow shows while it waits for a technician."""
        self._record = record
        self._stage = stage
        self._received = MessageDeduplicator()
        self._reports: list[SiteVisitCompleted] = []
        self._appointment_changed = False
        self._canceled_order_ids: set[str] = set()
        self._decision_pending_for: str | None = None
        self.has_late_report = False
        """Whether a technician has reported after all, while a person is asked whether to send one again."""

    def record_completion(self, report: SiteVisitCompleted) -> None:
        """Notes a technician's report. A repeated report counts once; one of an order that this workflow never waits
        for is never looked at."""
        if self._received.is_new(report.model_dump_json()):
            self._reports.append(report)
            if report.work_order_id == self._decision_pending_for:
                # Earlier releases waited on for the person, and their histories have to replay.
                self.has_late_report = workflow.patched(_LATE_REPORT_WAKES_PARKED)

    def has_unprocessed_report(self, visit: AwaitedVisit) -> bool:
        """Returns whether a report of the order came in that was not looked at yet."""
        return self._get_unprocessed_report(visit) is not None

    def record_appointment(self, message: AppointmentChanged) -> None:
        """Notes that an appointment was made or moved: reminders count from it."""
        self._appointment_changed = True

    def record_cancellation(self, message: WorkOrderCancelled) -> None:
        """Notes that the order was canceled."""
        self._canceled_order_ids.add(message.work_order_id)

    async def run(self, visit: AwaitedVisit, *, until: Callable[[], bool], ask: AskPerson) -> SiteVisitStatus:
        """Dispatches the order and waits until it has ended, or until `until` holds: the visit is not needed any more.

        `ask` asks a person when the attempts of the order are used up.
        """
        status = await self._dispatch(visit, until)
        return await self.resume_waiting(visit, status, until=until, ask=ask)

    async def resume_waiting(
        self, visit: AwaitedVisit, status: SiteVisitStatus, *, until: Callable[[], bool], ask: AskPerson
    ) -> SiteVisitStatus:
        """Does the same as `run` with an order that is dispatched already: its last report could not be used."""
        while not until() and (status.waits or status.attempts_used_up):
            if status.attempts_used_up:
                status = await self._order_another_visit(visit, status, until, ask)
            else:
                status = await self._wait_for_update(visit, status, until)
        return status

    async def get_status(self, visit: AwaitedVisit) -> SiteVisitStatus:
        """Returns where the order stands now."""
        return await self._record.run_step(
            SiteVisitActivities.get_visit_status, visit, summary="where the order stands", resume=self._stage
        )

    async def _dispatch(self, visit: AwaitedVisit, until: Callable[[], bool]) -> SiteVisitStatus:
        """Sends the order to the field-work system until it takes it, or `until` holds."""
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
            await self._record.parking.wait_for_person(
                why, resume=self._stage, until=until, again_after=policies.AUTOMATIC_RETRY_INTERVAL
            )
            if until():
                return not_dispatched

    async def _wait_for_update(
        self, visit: AwaitedVisit, status: SiteVisitStatus, until: Callable[[], bool]
    ) -> SiteVisitStatus:
        """Waits for one update and processes it, or reminds of the visit. Days count from an appointment, if there is
        one."""
        elapsed, self._appointment_changed = timedelta(seconds=-status.seconds_until_appointment), False
        for days, escalate in ((visit.remind_after_days, False), (visit.escalate_after_days, True)):
            workflow.set_current_details(_describe_wait(visit, status))
            if await self._is_updated_within(visit, until, timedelta(days=days) - elapsed):
                return await self._process_update(visit, status, until)
            elapsed = timedelta(days=days)
            status = await self._remind(visit, escalate=escalate)
            if not status.waits:
                return status
        workflow.set_current_details(f"{_describe_wait(visit, status)} It is overdue and was escalated.")
        await self._is_updated_within(visit, until, None)
        return await self._process_update(visit, status, until)

    async def _is_updated_within(
        self, visit: AwaitedVisit, until: Callable[[], bool], timeout: timedelta | None
    ) -> bool:
        def is_updated() -> bool:
            return (
                self._get_unprocessed_report(visit) is not None
                or self._appointment_changed
                or visit.work_order_id in self._canceled_order_ids
                or until()
            )

        try:
            await workflow.wait_condition(is_updated, timeout=timeout, timeout_summary="remind of the visit")
        except asyncio.TimeoutError:  # noqa: UP041 - what the SDK documents
            return False
        return True

    async def _process_update(
        self, visit: AwaitedVisit, status: SiteVisitStatus, until: Callable[[], bool]
    ) -> SiteVisitStatus:
        """Processes the oldest report of the order, which stays unprocessed until it is recorded. Without a report it
        looks where the order stands, once for each message that it was canceled."""
        self._canceled_order_ids.discard(visit.work_order_id)
        report = self._get_unprocessed_report(visit)
        if report is None:
            return status if until() else await self.get_status(visit)
        reviewed = await self._record.run_step(
            SiteVisitActivities.process_completion,
            ReviewCompletion(report=report),
            summary="look at the report",
            resume=self._stage,
        )
        self._reports.remove(report)
        return reviewed

    def _get_unprocessed_report(self, visit: AwaitedVisit) -> SiteVisitCompleted | None:
        return next((report for report in self._reports if report.work_order_id == visit.work_order_id), None)

    async def _remind(self, visit: AwaitedVisit, *, escalate: bool) -> SiteVisitStatus:
        return await self._record.run_step(
            SiteVisitActivities.remind_of_visit,
            RemindOfVisit(work_order_id=visit.work_order_id, escalate=escalate),
            summary="escalate" if escalate else "remind",
            resume=self._stage,
        )

    async def _order_another_visit(
        self, visit: AwaitedVisit, status: SiteVisitStatus, until: Callable[[], bool], ask: AskPerson
    ) -> SiteVisitStatus:
        """Asks a person whether to send a technician once more, since the attempts of the order are used up."""
        self._decision_pending_for = visit.work_order_id
        self.has_late_report = self.has_unprocessed_report(visit) and workflow.patched(_LATE_REPORT_WAKES_PARKED)
        await ask(f"{visit.work_order_id} ended with {status.outcome}, and its attempts are used up.")
        self._decision_pending_for, self.has_late_report = None, False
        if until():
            return status
        return await self._record.run_step(
            SiteVisitActivities.order_another_visit, visit, summary="one more visit", resume=self._stage
        )


def _describe_wait(visit: AwaitedVisit, status: SiteVisitStatus) -> str:
    sent_back = f" Sent back to the technician: {status.verdict}" if status.verdict not in ("", "taken") else ""
    return f"Waiting for a technician's report on {visit.work_order_id}, which is {status.state}.{sent_back}"

"""Runs the enroll workflow on a technician's order in memory, with the real rules of orders and reports."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio import activity
from temporalio.testing import WorkflowEnvironment

from models.catalog.service_tasks import ServiceLevel, SetupStep
from models.errors import Refused
from models.ids import new_id
from models.messages.enrollment import EnrollInput, EnrollmentProgress
from models.messages.site_visit import (
    APPOINTMENT_CHANGED,
    SITE_VISIT_COMPLETED,
    WORK_ORDER_CANCELLED,
    AppointmentChanged,
    AssociateInstalledDevice,
    AwaitedVisit,
    InstallationResult,
    RemindOfVisit,
    ReviewCompletion,
    SiteVisitCompleted,
    SiteVisitStatus,
    WorkOrderCancelled,
)
from models.scope import SystemScope
from models.states.enrollment import EnrollmentState
from models.states.sync_request import SyncState
from models.states.work_order import CompletionOutcome, WorkOrderState
from models.tables.work_order import WorkOrder, WorkOrderCompletion
from operations.field_work import completions, work_orders
from operations.field_work.work_orders import to_visit
from operations.platform.audit import AuditTrail
from rules.field_work_states import states_when_reported, states_when_scheduled
from tests.workflow.stand_ins.enrollment import EnrollmentActivities, EnrollmentRecord, InMemoryDerms
from tests.workflow.stand_ins.enrollment_run import EnrollmentRun, start_enrollment

_E = EnrollmentState
_W = WorkOrderState
_ENDS = (_E.CANCELLED, _E.EXPIRED)
_OPEN = (_E.DEVICE_SETUP, _E.AWAITING_SITE_VISIT)


def _order(attempts: int) -> WorkOrder:
    return WorkOrder(
        id=new_id("wo"), journey="enr_one", state=_W.CREATED, attempt=1, maximum_attempts=attempts, version=1
    )


class SiteVisits:
    """The orders for one visit, the newest last, and the reported outcomes by completion id."""

    def __init__(self, level: ServiceLevel) -> None:
        self.level = level
        self.orders = [_order(level.attempts)]
        self.received: dict[str, CompletionOutcome] = {}
        self.verdicts: dict[str, str] = {}
        self.reminders: list[str] = []
        self.refusals: list[str] = []
        self.stuck: list[str] = []
        self.down = 0
        self.away = False
        self.tried = 0

    @property
    def order(self) -> WorkOrder:
        return self.orders[-1]

    @property
    def visit(self) -> AwaitedVisit:
        return to_visit(self.order.id, self.level)

    def move(self, *path: WorkOrderState) -> None:
        trail = AuditTrail(SystemScope(actor="test"), datetime.now(UTC), self.order.journey)
        work_orders.transition(trail, self.order, datetime.now(UTC), *path)

    def get_status(self, verdict: str = "", completion_id: str = "") -> SiteVisitStatus:
        """Return the order's status, after a report if there is one."""
        report = WorkOrderCompletion(completion_id=completion_id, verdict=verdict) if completion_id else None
        return completions.to_visit_status(self.order, report, verdict)

    def add_order(self) -> None:
        """Add an order in place of a cancelled one."""
        self.orders.append(_order(self.level.attempts))

    def allow_another_attempt(self) -> None:
        """Have a technician try once more."""
        self.move(_W.RESCHEDULED)
        self.order.attempt += 1

    def appoint(self, *, days: float) -> None:
        """Schedule an appointment, as POST …/appointment does."""
        self.move(*(states_when_scheduled(self.order.state) or ()))
        self.order.appointment_end = datetime.now(UTC) + timedelta(days=days)

    def accept_report(self, completion_id: str) -> str:
        """Process a received report, once."""
        if completion_id in self.verdicts:
            return self.verdicts[completion_id]
        path = states_when_reported(self.order.state)
        if path is None:
            return f"ignored: the order is {self.order.state}"
        outcome = self.received[completion_id]
        self.move(*path, _W.COMPLETED if outcome.is_done else _W.INCOMPLETE)
        self.order.outcome = outcome
        if outcome.justifies_another_visit and self.order.attempt < self.order.maximum_attempts:
            self.move(_W.RESCHEDULED)
            self.order.attempt += 1
        self.verdicts[completion_id] = completions.COMPLETION_ACCEPTED
        return completions.COMPLETION_ACCEPTED


class VisitActivities:
    """The activities of site visits, whatever the order is for."""

    def __init__(self, find: Callable[[str], SiteVisits], check_available: Callable[[], None]) -> None:
        self._find = find
        self._check_available = check_available

    @property
    def all(self) -> list[Callable[..., Any]]:
        return [
            self.dispatch_work_order,
            self.take_completion,
            self.remind_of_visit,
            self.get_visit_status,
            self.another_attempt,
        ]

    @activity.defn
    async def dispatch_work_order(self, request: AwaitedVisit) -> SiteVisitStatus:
        visits = self._find(request.work_order_id)
        visits.tried += 1
        if visits.away:
            await asyncio.Event().wait()
        if visits.down:
            visits.down -= 1
            raise Refused("Field work does not take orders today.", code="field-work-refused")
        if visits.order.state is _W.CREATED:
            visits.move(_W.DISPATCHED)
        return visits.get_status()

    @activity.defn
    async def take_completion(self, request: ReviewCompletion) -> SiteVisitStatus:
        self._check_available()
        report, visits = request.report, self._find(request.report.work_order_id)
        if report.completion is not None:
            visits.received.setdefault(report.completion_id, CompletionOutcome(report.completion["outcome"]))
        return visits.get_status(visits.accept_report(report.completion_id), report.completion_id)

    @activity.defn
    async def remind_of_visit(self, request: RemindOfVisit) -> SiteVisitStatus:
        self._check_available()
        visits = self._find(request.work_order_id)
        visits.reminders.append("escalated" if request.escalate else "reminded")
        return visits.get_status()

    @activity.defn(name="visit_standing")
    async def get_visit_status(self, request: AwaitedVisit) -> SiteVisitStatus:
        self._check_available()
        return self._find(request.work_order_id).get_status()

    @activity.defn
    async def another_attempt(self, request: AwaitedVisit) -> SiteVisitStatus:
        self._check_available()
        visits = self._find(request.work_order_id)
        visits.allow_another_attempt()
        return visits.get_status()


class SiteVisitActivities(EnrollmentActivities):
    """The activities of an enrollment whose device a technician installs."""

    def __init__(self, record: EnrollmentRecord, derms: InMemoryDerms, field: SiteVisits) -> None:
        super().__init__(record, derms)
        self._field = field

    @property
    def all(self) -> list[Callable[..., Any]]:
        mine = [
            self.validate_and_accept,
            self.associate_installed,
            self.order_installation_again,
            self.expire_enrollment,
            *VisitActivities(lambda _: self._field, self._record.check_available).all,
        ]
        names = {one.__name__ for one in mine}
        return [one for one in super().all if one.__name__ not in names] + mine

    @activity.defn
    async def validate_and_accept(self, request: EnrollInput) -> EnrollmentProgress:
        record = self._record
        record.move_enrollment(_E.VALIDATING, _E.ACCEPTED, _E.DEVICE_SETUP, _E.AWAITING_SITE_VISIT)
        return EnrollmentProgress(state=record.enrollment, visit=self._field.visit, steps=(SetupStep.WORK_ORDER,))

    @activity.defn
    async def associate_installed(self, request: AssociateInstalledDevice) -> InstallationResult:
        record, field = self._record, self._field
        record.check_available()
        if record.enrollment not in _OPEN:
            return InstallationResult(state=record.enrollment, sync_request_id=record.build_progress().sync_request_id)
        if field.stuck:
            return InstallationResult(state=record.enrollment, stuck=field.stuck.pop(0))
        if field.refusals:
            field.move(_W.RESCHEDULED)
            field.order.outcome, field.order.sent_back = None, field.refusals.pop(0)
            return InstallationResult(state=record.enrollment, verdict=field.order.sent_back or "")
        record.move_enrollment(_E.COMPLETING, _E.ENROLLED)
        record.state = SyncState.PENDING
        return InstallationResult(state=record.enrollment, sync_request_id=record.id)

    @activity.defn
    async def order_installation_again(self, request: EnrollInput) -> AwaitedVisit:
        self._field.add_order()
        return self._field.visit

    @activity.defn
    async def expire_enrollment(self, request: EnrollInput) -> EnrollmentProgress:
        record, field = self._record, self._field
        record.check_available()
        for completion_id in [one for one in field.received if one not in field.verdicts]:
            field.accept_report(completion_id)
        status = field.get_status()
        if status.waits or status.attempts_used_up:
            record.resume_state = None
            record.move_enrollment(_E.EXPIRED)
        return record.build_progress()


@dataclass
class SiteVisitRun(EnrollmentRun):
    """A workflow that waits for technicians, and what technicians and the office do."""

    field: SiteVisits

    async def wait_for_visit(self) -> None:
        """Wait until it waits for a technician."""
        await self.wait_for_details("Waiting for a technician's report")

    async def report(self, outcome: CompletionOutcome, *, signalled: bool = True) -> SiteVisitCompleted:
        """Report an outcome, and signal that unless `signalled` is false."""
        message = SiteVisitCompleted(work_order_id=self.field.order.id, completion_id=new_id("visit"))
        self.field.received[message.completion_id] = outcome
        if signalled:
            await self.handle.signal(SITE_VISIT_COMPLETED, message)
        return message

    async def schedule_visit(self) -> None:
        """Schedule an appointment, as POST …/appointment does."""
        self.field.appoint(days=20)
        await self.handle.signal(APPOINTMENT_CHANGED, AppointmentChanged(work_order_id=self.field.order.id))

    async def cancel_order(self) -> None:
        """Cancel the order, as the office does."""
        self.field.move(WorkOrderState.CANCELLED)
        await self.handle.signal(WORK_ORDER_CANCELLED, WorkOrderCancelled(work_order_id=self.field.order.id))


@asynccontextmanager
async def run_installation(environment: WorkflowEnvironment, **level: int) -> AsyncIterator[SiteVisitRun]:
    """Run a workflow on stand-ins; terminate it afterwards if it is still open."""
    record, derms, field = EnrollmentRecord(), InMemoryDerms(), SiteVisits(ServiceLevel(**level))
    derms.moods = [derms.answers]
    run = SiteVisitRun(environment, record, derms, SiteVisitActivities(record, derms, field), field)
    async with start_enrollment(run):
        yield run

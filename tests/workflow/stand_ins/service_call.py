"""Runs the service-call workflow on a record, an order, a head-end and a DERMS in memory."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from temporalio import activity
from temporalio.testing import WorkflowEnvironment

from models.catalog.service_tasks import ServiceLevel
from models.ids import new_id, service_call_workflow_id
from models.messages.search_attributes import WorkflowStage
from models.messages.service_call import (
    ActionChosen,
    CancelServiceCall,
    ParkServiceCall,
    RemoteActionEnded,
    ServiceCallInput,
    ServiceCallProgress,
    VisitEnded,
)
from models.scope import SystemScope
from models.states.head_end import HeadEndOutcome, HeadEndRequestState
from models.states.service_call import SERVICE_CALL_TRANSITIONS, ServiceCallState
from models.states.sync_request import SyncState
from models.states.work_order import CompletionOutcome, WorkOrderState
from models.tables.device_setup import HeadEndRequest
from operations.platform.audit import AuditTrail
from operations.service_call import remote_actions
from operations.service_call.steps import _ENDED_ORDERS
from tests.workflow.stand_ins.enrollment import EnrollmentRecord, InMemoryDerms
from tests.workflow.stand_ins.head_end import HeadEndActivities, InMemoryHeadEnd
from tests.workflow.stand_ins.site_visits import SiteVisitActivities, SiteVisitRun, SiteVisits
from tests.workflow.stand_ins.workflow_run import start_workflow
from wording.problems.transitions import check_transition
from workflows.service_call import ServiceCallWorkflow

_C = ServiceCallState


class ServiceCallRecord:
    """The record of one call. `action`: advice, remote_action, work_request, or none yet."""

    def __init__(self, action: str, first: bool, head_end: InMemoryHeadEnd) -> None:
        self.id = new_id("svc")
        self.state = _C.OPEN
        self.resume: ServiceCallState | None = None
        self.action = action
        self.first = first
        self.sync_count = 0
        self.stuck: list[str] = []
        self.head_end = head_end
        self.request: HeadEndRequest | None = None
        self.past: list[str] = []

    def move(self, *path: ServiceCallState) -> None:
        for state in path:
            check_transition(SERVICE_CALL_TRANSITIONS, self.id, self.state, state)
            self.state = state
            self.past.append(state)

    def park(self, resume: ServiceCallState | None = None) -> None:
        self.resume = resume or self.state
        self.move(_C.NEEDS_ATTENTION)

    def unpark(self) -> None:
        if self.state is _C.NEEDS_ATTENTION and self.resume is not None:
            self.move(self.resume)


class ServiceCallActivities(SiteVisitActivities):
    """The activities of the service-call workflow."""

    def __init__(
        self, call: ServiceCallRecord, record: EnrollmentRecord, derms: InMemoryDerms, field: SiteVisits
    ) -> None:
        super().__init__(record, derms, field)
        self._call = call

    @property
    def all(self) -> list[Callable[..., Any]]:
        return [
            *super().all,
            self.take_up_service_call,
            self.remote_action_ended,
            self.service_call_visited,
            self.continue_after_sync,
            self.cancel_service_call,
            self.park_service_call,
        ]

    def _build_progress(self) -> ServiceCallProgress:
        call, field = self._call, self._field
        if call.state is _C.AWAITING_SITE_VISIT:
            ended = field.order.state in _ENDED_ORDERS and not field.get_status().attempts_used_up
            return ServiceCallProgress(state=call.state, visit=field.visit, visit_ended=ended)
        if call.state is _C.REPLACED:
            open_request = self._record.state not in (None, SyncState.SYNCHRONIZED, SyncState.CANCELLED)
            return ServiceCallProgress(state=call.state, sync_request_id=self._record.id if open_request else None)
        if call.state is not _C.TROUBLESHOOTING:
            return ServiceCallProgress(state=call.state, why="" if call.state is _C.CLOSED else "stuck")
        request = call.request.id if call.request and call.action == "remote_action" else None
        return ServiceCallProgress(state=call.state, head_end_request_id=request)

    @activity.defn
    async def take_up_service_call(self, request: ServiceCallInput) -> ServiceCallProgress:
        self._record.check_available()
        call = self._call
        call.unpark()
        if call.state is _C.OPEN:
            call.move(_C.TROUBLESHOOTING)
        if call.state is _C.TROUBLESHOOTING and call.action == "advice":
            call.move(_C.RESOLVED, _C.CLOSED)
        elif call.state is _C.TROUBLESHOOTING and call.action == "work_request":
            call.move(_C.WORK_REQUESTED, _C.AWAITING_SITE_VISIT)
        elif call.state is _C.TROUBLESHOOTING and call.action == "remote_action":
            if call.request and call.request.id in call.head_end.outcomes:
                self._record_remote_action()
            elif remote_actions.needs_new_request(call.request):
                call.request = HeadEndRequest(id=new_id("her"), state=HeadEndRequestState.PENDING)
        return self._build_progress()

    @activity.defn
    async def remote_action_ended(self, request: RemoteActionEnded) -> ServiceCallProgress:
        self._record.check_available()
        call, asked = self._call, self._call.request
        if request.request_id in call.head_end.outcomes:
            self._record_remote_action()
        elif asked is not None:
            if request.request_id in call.head_end.asked:
                asked.state = HeadEndRequestState.ASKED
            trail = AuditTrail(SystemScope(actor="test"), datetime.now(UTC), call.id)
            remote_actions.give_up_unanswered(trail, asked, datetime.now(UTC), request.trouble)
            call.park()
        return self._build_progress()

    def _record_remote_action(self) -> None:
        assert self._call.request is not None
        if self._call.head_end.outcomes[self._call.request.id] is HeadEndOutcome.OK:
            self._call.move(_C.RESOLVED, _C.CLOSED)
        else:
            self._call.action = ""

    @activity.defn
    async def service_call_visited(self, request: VisitEnded) -> ServiceCallProgress:
        self._record.check_available()
        call, order = self._call, self._field.order
        call.unpark()
        if order.state is WorkOrderState.CANCELLED:
            call.action = ""
            call.park(_C.TROUBLESHOOTING)
        elif order.outcome is not CompletionOutcome.DEVICE_REPLACED:
            call.move(_C.RESOLVED, _C.CLOSED)
        elif call.stuck:
            call.stuck.pop()
            call.park()
        elif self._field.refusals:
            self._field.move(WorkOrderState.RESCHEDULED)
            self._field.order.outcome, self._field.order.sent_back = None, self._field.refusals.pop(0)
        else:
            call.move(_C.REPLACED)
            self._request_sync()
        return self._build_progress()

    def _request_sync(self) -> None:
        self._call.sync_count += 1
        self._record.state = SyncState.PENDING

    @activity.defn(name="service_call_told")
    async def continue_after_sync(self, request: ServiceCallInput) -> ServiceCallProgress:
        self._record.check_available()
        if self._call.first and self._call.sync_count == 1:
            self._request_sync()
        elif self._call.state is _C.REPLACED:
            self._call.move(_C.CLOSED)
        return self._build_progress()

    @activity.defn
    async def cancel_service_call(self, request: CancelServiceCall) -> ServiceCallProgress:
        self._record.check_available()
        started = self._field.order.state in (WorkOrderState.EN_ROUTE, WorkOrderState.ON_SITE)
        if not started and _C.CANCELLED in SERVICE_CALL_TRANSITIONS[self._call.state]:
            self._call.move(_C.CANCELLED)
        return self._build_progress()

    @activity.defn
    async def park_service_call(self, request: ParkServiceCall) -> ServiceCallProgress:
        self._record.check_available()
        self._call.park()
        return self._build_progress()


@dataclass
class ServiceCallRun(SiteVisitRun):
    """A service call's workflow, and the actions of people."""

    call: ServiceCallRecord

    async def choose_action(self, action: str) -> None:
        """Choose the action, as POST …/action does."""
        self.call.unpark()
        self.call.action, self.call.request = action, None
        await self.handle.signal(ServiceCallWorkflow.action_chosen, ActionChosen())

    async def answer_head_end_request(self, outcome: HeadEndOutcome, *, signaled: bool = True) -> None:
        """Answer the newest request as the head-end, and signal that unless `told` is false."""
        await self.call.head_end.answer(self.handle, outcome, signaled=signaled)

    async def retry_service_call(self) -> None:
        """Retry the call, as POST …/retry does."""
        self.call.unpark()
        await self.handle.signal("retry_requested", {})


@asynccontextmanager
async def run_service_call(
    environment: WorkflowEnvironment,
    action: str = "work_request",
    *,
    first: bool = False,
    answers: list[HeadEndOutcome | None] | None = None,
    **level: int,
) -> AsyncIterator[ServiceCallRun]:
    """Run a workflow on stand-ins; terminate it afterwards if it is still open."""
    head_end, record, derms = InMemoryHeadEnd(answers), EnrollmentRecord(), InMemoryDerms()
    field, call = SiteVisits(ServiceLevel(**level)), ServiceCallRecord(action, first, head_end)
    derms.moods = [derms.answers]
    run = ServiceCallRun(environment, record, derms, ServiceCallActivities(call, record, derms, field), field, call)
    request, workflow_id = ServiceCallInput(service_call_id=call.id), service_call_workflow_id(call.id)
    activities = [*run.activities.all, *HeadEndActivities(head_end).all]
    async with start_workflow(
        run, ServiceCallWorkflow, request, workflow_id, activities, stage=WorkflowStage.TROUBLESHOOTING
    ):
        yield run

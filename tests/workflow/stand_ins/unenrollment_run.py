"""Runs the unenroll workflow on stand-ins."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import WorkflowHandle
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.errors import ErrorMapping
from models.ids import new_id, unenrollment_workflow_id
from models.messages.search_attributes import WorkflowStage
from models.messages.signals import CancelRequested, RetryRequested
from models.messages.site_visit import AppointmentChanged, SiteVisitCompleted, WorkOrderCancelled
from models.messages.synchronization import DermsAcknowledgement, SyncTurn
from models.messages.unenrollment import ApprovalDecided, DeviceKept, DeviceReceived, UnenrollInput, UnenrollResult
from models.states.work_order import WorkOrderState
from tests.waiting import wait_for_result, wait_until
from tests.workflow.stand_ins.unenrollment import UnenrollmentActivities, UnenrollmentRecord
from workflows.parking import NEEDS_ATTENTION, STAGE
from workflows.unenroll import UnenrollmentWorkflow


@dataclass
class UnenrollmentRun:
    """An unenrollment's workflow with its record, and the actions of people and the DERMS."""

    environment: WorkflowEnvironment
    record: UnenrollmentRecord
    handle: WorkflowHandle[Any, UnenrollResult] = field(init=False)

    async def wait_until(self, what: Callable[[], bool]) -> None:
        """Wait until the condition holds; the query keeps the server's time from standing still."""
        await wait_until(self.handle.describe, lambda _: what(), what)

    async def wait_for_attributes(self, stage: WorkflowStage, *, needs_attention: bool | None = None) -> None:
        """Wait until the search attributes have these values."""
        wanted = (stage, needs_attention)
        await wait_until(self.get_attributes, lambda shown: shown == wanted, wanted)

    async def get_attributes(self) -> tuple[str | None, bool | None]:
        found = (await self.handle.describe()).typed_search_attributes
        return found.get(STAGE), found.get(NEEDS_ATTENTION)

    async def wait_for_details(self, text: str) -> None:
        """Wait until the details in the Temporal UI contain the text."""
        await wait_until(self._get_details, lambda details: text in details, f"{text!r} in the details")

    async def _get_details(self) -> str:
        found = await self.handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
        return found.current_details

    async def wait_for_removal(self) -> None:
        """Wait until devices are being removed."""
        await self.wait_for_attributes(WorkflowStage.REMOVING)

    async def wait_until_parked(self) -> None:
        await self.wait_for_attributes(WorkflowStage.NEEDS_ATTENTION, needs_attention=True)

    async def skip_time(self, **time: float) -> None:
        await self.environment.sleep(timedelta(**time))

    async def report(self, device: str, outcome: str, times: int = 1) -> None:
        """Report an outcome, as a technician does."""
        name, order = new_id("com"), self.record.get_order_id(device)
        report = SiteVisitCompleted(work_order_id=order, completion_id=name, completion={"outcome": outcome})
        for _ in range(times):
            await self.handle.signal(UnenrollmentWorkflow.site_visit_completed, report)

    async def cancel_order(self, device: str) -> None:
        """Cancel the order, as the office does."""
        order = self.record.get_order_id(device)
        self.record.orders[order] = WorkOrderState.CANCELLED
        await self.handle.signal(UnenrollmentWorkflow.work_order_cancelled, WorkOrderCancelled(work_order_id=order))

    async def schedule_visit(self, device: str) -> None:
        """Schedule the visit, as a technician does."""
        order = self.record.get_order_id(device)
        self.record.orders[order] = WorkOrderState.SCHEDULED
        await self.handle.signal(UnenrollmentWorkflow.appointment_changed, AppointmentChanged(work_order_id=order))

    async def signal_sync_turn(self) -> None:
        """Signal that the message's turn has come."""
        self.record.waits_for = ""
        await self.handle.signal(UnenrollmentWorkflow.sync_turn, SyncTurn(sync_request_id=self.record.told[-1]))

    async def acknowledge(self) -> None:
        """Call back with an acknowledgement."""
        told = self.record.told[-1]
        answer = DermsAcknowledgement(message_id=f"ack-{told}", sync_request_id=told, result="positive")
        await self.handle.signal(UnenrollmentWorkflow.derms_acknowledged, answer)

    async def report_received(self, device: str) -> None:
        await self.handle.signal(UnenrollmentWorkflow.device_received, DeviceReceived(device_id=device))

    async def report_kept(self, device: str) -> None:
        await self.handle.signal(UnenrollmentWorkflow.device_kept, DeviceKept(device_id=device))

    async def approve(self, *, approved: bool = True) -> None:
        await self.handle.signal(UnenrollmentWorkflow.approval_decided, ApprovalDecided(approved=approved))

    async def cancel(self) -> None:
        await self.handle.signal(UnenrollmentWorkflow.cancel_requested, CancelRequested())

    async def retry(self, message_id: str = "") -> None:
        await self.handle.signal(UnenrollmentWorkflow.retry_requested, RetryRequested(message_id=message_id))

    async def result(self) -> UnenrollResult:
        """Return the workflow's result; time passes as far as needed."""
        return await wait_for_result(self.handle.result(), "the end of the flow")


@asynccontextmanager
async def run_unenrollment(
    environment: WorkflowEnvironment, *methods: str, away: bool = False, **how: Any
) -> AsyncIterator[UnenrollmentRun]:
    """Run a workflow for devices with these removal methods; terminate it afterwards if it is still open."""
    record = UnenrollmentRecord(*methods, **how)
    record.away = away
    run = UnenrollmentRun(environment, record)
    worker = Worker(
        environment.client,
        task_queue=record.id,
        workflows=[UnenrollmentWorkflow],
        activities=UnenrollmentActivities(record).all,
        workflow_runner=UnsandboxedWorkflowRunner(),
        interceptors=[ErrorMapping()],
    )
    async with worker:
        stage = SearchAttributePair(SearchAttributeKey.for_keyword("Stage"), WorkflowStage.UNENROLLING)
        run.handle = await environment.client.start_workflow(
            UnenrollmentWorkflow.run,
            UnenrollInput(unenrollment_id=record.id),
            id=unenrollment_workflow_id(record.id),
            task_queue=record.id,
            search_attributes=TypedSearchAttributes([stage]),
        )
        yield run
        if (await run.handle.describe()).close_time is None:
            await run.handle.terminate()


def run_unenrollment_of(
    environment: WorkflowEnvironment, *, methods: str, **how: Any
) -> AbstractAsyncContextManager[UnenrollmentRun]:
    """Run a workflow for the removal methods in one string."""
    return run_unenrollment(environment, *methods.split(), **how)

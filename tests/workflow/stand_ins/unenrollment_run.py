"""One unenrolment's flow on stand-ins, and what people may do to it."""

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
    """The flow, and its record."""

    environment: WorkflowEnvironment
    record: UnenrollmentRecord
    handle: WorkflowHandle[Any, UnenrollResult] = field(init=False)

    async def wait_until(self, what: Callable[[], bool]) -> None:
        """Waits until it holds; the server is asked meanwhile, so that nothing stands still."""
        await wait_until(self.handle.describe, lambda _: what(), what)

    async def wait_for_attributes(self, stage: WorkflowStage, *, needs_attention: bool | None = None) -> None:
        """Waits until the search attributes say so."""
        wanted = (stage, needs_attention)
        await wait_until(self.get_attributes, lambda shown: shown == wanted, wanted)

    async def get_attributes(self) -> tuple[str | None, bool | None]:
        found = (await self.handle.describe()).typed_search_attributes
        return found.get(STAGE), found.get(NEEDS_ATTENTION)

    async def wait_for_details(self, text: str) -> None:
        """Waits until the details in the Temporal UI say so."""
        await wait_until(self._get_details, lambda details: text in details, f"{text!r} in the details")

    async def _get_details(self) -> str:
        found = await self.handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
        return found.current_details

    async def wait_for_removal(self) -> None:
        """Waits until devices are being fetched."""
        await self.wait_for_attributes(WorkflowStage.REMOVING)

    async def wait_until_parked(self) -> None:
        await self.wait_for_attributes(WorkflowStage.NEEDS_ATTENTION, needs_attention=True)

    async def skip_time(self, **time: float) -> None:
        await self.environment.sleep(timedelta(**time))

    async def report(self, device: str, outcome: str, times: int = 1) -> None:
        """A technician reports."""
        name, order = new_id("com"), self.record.get_order_id(device)
        report = SiteVisitCompleted(work_order_id=order, completion_id=name, completion={"outcome": outcome})
        for _ in range(times):
            await self.handle.signal(UnenrollmentWorkflow.site_visit_completed, report)

    async def cancel_order(self, device: str) -> None:
        """The office calls the order off."""
        order = self.record.get_order_id(device)
        self.record.orders[order] = WorkOrderState.CANCELLED
        await self.handle.signal(UnenrollmentWorkflow.work_order_cancelled, WorkOrderCancelled(work_order_id=order))

    async def schedule_visit(self, device: str) -> None:
        """The technician makes an appointment."""
        order = self.record.get_order_id(device)
        self.record.orders[order] = WorkOrderState.SCHEDULED
        await self.handle.signal(UnenrollmentWorkflow.appointment_changed, AppointmentChanged(work_order_id=order))

    async def signal_sync_turn(self) -> None:
        """What its message waited for is over."""
        self.record.waits_for = ""
        await self.handle.signal(UnenrollmentWorkflow.sync_turn, SyncTurn(sync_request_id=self.record.told[-1]))

    async def acknowledge(self) -> None:
        """The DERMS calls back."""
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
        """How it ends; time passes as far as it takes."""
        return await wait_for_result(self.handle.result(), "the end of the flow")


@asynccontextmanager
async def run_unenrollment(
    environment: WorkflowEnvironment, *methods: str, away: bool = False, **how: Any
) -> AsyncIterator[UnenrollmentRun]:
    """Starts a flow for devices that leave by these methods; ends it afterwards if it is still open."""
    record = UnenrollmentRecord(*methods, **how)
    record.away = away
    flow = UnenrollmentRun(environment, record)
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
        flow.handle = await environment.client.start_workflow(
            UnenrollmentWorkflow.run,
            UnenrollInput(unenrollment_id=record.id),
            id=unenrollment_workflow_id(record.id),
            task_queue=record.id,
            search_attributes=TypedSearchAttributes([stage]),
        )
        yield flow
        if (await flow.handle.describe()).close_time is None:
            await flow.handle.terminate()


def run_unenrollment_of(
    environment: WorkflowEnvironment, *, methods: str, **how: Any
) -> AbstractAsyncContextManager[UnenrollmentRun]:
    """The same, the methods in one line."""
    return run_unenrollment(environment, *methods.split(), **how)

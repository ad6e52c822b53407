"""Runs the unenroll workflow on stand-ins."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from temporalio.testing import WorkflowEnvironment

from models.ids import new_id, unenrollment_workflow_id
from models.messages.search_attributes import WorkflowStage
from models.messages.signals import CancelRequested, RetryRequested
from models.messages.site_visit import AppointmentChanged, SiteVisitCompleted, WorkOrderCancelled
from models.messages.synchronization import DermsAcknowledgement, SyncTurn
from models.messages.unenrollment import ApprovalDecided, DeviceKept, DeviceReceived, UnenrollInput
from models.states.work_order import WorkOrderState
from tests.workflow.stand_ins.unenrollment import UnenrollmentActivities, UnenrollmentRecord
from tests.workflow.stand_ins.workflow_run import WorkflowRun, start_workflow
from workflows.unenroll import UnenrollmentWorkflow


@dataclass
class UnenrollmentRun(WorkflowRun):
    """An unenrollment's workflow with its record, and the actions of people and the DERMS."""

    record: UnenrollmentRecord

    async def wait_for_removal(self) -> None:
        """Wait until devices are being removed."""
        await self.wait_for_attributes(WorkflowStage.REMOVING)

    async def report(self, device: str, outcome: str, times: int = 1) -> None:
        """Report an outcome, as a technician does."""
        name, order = new_id("com"), self.record.get_order_id(device)
        report = SiteVisitCompleted(work_order_id=order, completion_id=name, completion={"outcome": outcome})
        for _ in range(times):
            await self.handle.signal(UnenrollmentWorkflow.site_visit_completed, report)

    async def cancel_order(self, device: str) -> None:
        """Cancel the order, as the office does."""
        order = self.record.get_order_id(device)
        self.record.visits[device].move(WorkOrderState.CANCELLED)
        await self.handle.signal(UnenrollmentWorkflow.work_order_cancelled, WorkOrderCancelled(work_order_id=order))

    async def schedule_visit(self, device: str) -> None:
        """Schedule the visit, as a technician does."""
        order = self.record.get_order_id(device)
        self.record.visits[device].appoint(days=20)
        await self.handle.signal(UnenrollmentWorkflow.appointment_changed, AppointmentChanged(work_order_id=order))

    async def signal_sync_turn(self) -> None:
        """Signal that the message's turn has come."""
        self.record.waits_for = ""
        await self.handle.signal(
            UnenrollmentWorkflow.sync_turn, SyncTurn(sync_request_id=self.record.sync_request_ids[-1])
        )

    async def acknowledge(self) -> None:
        """Call back with an acknowledgement."""
        sync_request_id = self.record.sync_request_ids[-1]
        answer = DermsAcknowledgement(
            message_id=f"ack-{sync_request_id}", sync_request_id=sync_request_id, result="positive"
        )
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


@asynccontextmanager
async def run_unenrollment(
    environment: WorkflowEnvironment, *methods: str, away: bool = False, **how: Any
) -> AsyncIterator[UnenrollmentRun]:
    """Run a workflow for devices with these removal methods; terminate it afterwards if it is still open."""
    record = UnenrollmentRecord(*methods, **how)
    record.away = away
    run = UnenrollmentRun(environment, record)
    request, workflow_id = UnenrollInput(unenrollment_id=record.id), unenrollment_workflow_id(record.id)
    activities = UnenrollmentActivities(record).all
    async with start_workflow(
        run, UnenrollmentWorkflow, request, workflow_id, activities, stage=WorkflowStage.UNENROLLING
    ):
        yield run


def run_unenrollment_of(
    environment: WorkflowEnvironment, *, methods: str, **how: Any
) -> AbstractAsyncContextManager[UnenrollmentRun]:
    """Run a workflow for the removal methods in one string."""
    return run_unenrollment(environment, *methods.split(), **how)

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
from models.messages.enroll import CancelRequested, RetryRequested, Stage
from models.messages.site_visit import AppointmentChanged, SiteVisitCompleted, WorkOrderCancelled
from models.messages.synchronize import Acknowledged, SyncTurn
from models.messages.unenroll import ApprovalDecided, DeviceKept, DeviceReceived, UnenrollInput, UnenrollResult
from models.task_states import WorkOrderState
from tests.flow.leaving import Activities, Record
from tests.patience import patiently, wait_until
from workflows.parking import NEEDS_ATTENTION, STAGE
from workflows.unenroll import Unenroll


@dataclass
class Flow:
    """The flow, and its record."""

    environment: WorkflowEnvironment
    record: Record
    handle: WorkflowHandle[Any, UnenrollResult] = field(init=False)

    async def until(self, what: Callable[[], bool]) -> None:
        """Waits until it holds; the server is asked meanwhile, so that nothing stands still."""
        await wait_until(self.handle.describe, lambda _: what(), what)

    async def shows(self, stage: Stage, *, needs_attention: bool | None = None) -> None:
        """Waits until the search attributes say so."""
        wanted = (stage, needs_attention)
        await wait_until(self.attributes, lambda shown: shown == wanted, wanted)

    async def attributes(self) -> tuple[str | None, bool | None]:
        found = (await self.handle.describe()).typed_search_attributes
        return found.get(STAGE), found.get(NEEDS_ATTENTION)

    async def says(self, text: str) -> None:
        """Waits until the details in the Temporal UI say so."""
        await wait_until(self._details, lambda details: text in details, f"{text!r} in the details")

    async def _details(self) -> str:
        found = await self.handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
        return found.current_details

    async def waits(self) -> None:
        """Waits until devices are being fetched."""
        await self.shows(Stage.REMOVING)

    async def parked(self) -> None:
        await self.shows(Stage.NEEDS_ATTENTION, needs_attention=True)

    async def skip(self, **time: float) -> None:
        await self.environment.sleep(timedelta(**time))

    async def report(self, device: str, outcome: str, times: int = 1) -> None:
        """A technician reports."""
        name, order = new_id("com"), self.record.order_of(device)
        report = SiteVisitCompleted(work_order_id=order, completion_id=name, completion={"outcome": outcome})
        for _ in range(times):
            await self.handle.signal(Unenroll.site_visit_completed, report)

    async def call_off(self, device: str) -> None:
        """The office calls the order off."""
        order = self.record.order_of(device)
        self.record.orders[order] = WorkOrderState.CANCELLED
        await self.handle.signal(Unenroll.work_order_cancelled, WorkOrderCancelled(work_order_id=order))

    async def appoint(self, device: str) -> None:
        """The technician makes an appointment."""
        order = self.record.order_of(device)
        self.record.orders[order] = WorkOrderState.SCHEDULED
        await self.handle.signal(Unenroll.appointment_changed, AppointmentChanged(work_order_id=order))

    async def turn_comes(self) -> None:
        """What its message waited for is over."""
        self.record.waits_for = ""
        await self.handle.signal(Unenroll.sync_turn, SyncTurn(sync_request_id=self.record.told[-1]))

    async def acknowledge(self) -> None:
        """The DERMS calls back."""
        told = self.record.told[-1]
        answer = Acknowledged(message_id=f"ack-{told}", sync_request_id=told, result="positive")
        await self.handle.signal(Unenroll.derms_acknowledged, answer)

    async def receive(self, device: str) -> None:
        await self.handle.signal(Unenroll.device_received, DeviceReceived(device_id=device))

    async def keep(self, device: str) -> None:
        await self.handle.signal(Unenroll.device_kept, DeviceKept(device_id=device))

    async def approve(self, *, approved: bool = True) -> None:
        await self.handle.signal(Unenroll.approval_decided, ApprovalDecided(approved=approved))

    async def cancel(self) -> None:
        await self.handle.signal(Unenroll.cancel_requested, CancelRequested())

    async def retry(self, message_id: str = "") -> None:
        await self.handle.signal(Unenroll.retry_requested, RetryRequested(message_id=message_id))

    async def result(self) -> UnenrollResult:
        """How it ends; time passes as far as it takes."""
        return await patiently(self.handle.result(), "the end of the flow")


@asynccontextmanager
async def unenrolling(
    environment: WorkflowEnvironment, *methods: str, away: bool = False, **how: Any
) -> AsyncIterator[Flow]:
    """Starts a flow for devices that leave by these methods; ends it afterwards if it is still open."""
    record = Record(*methods, **how)
    record.away = away
    flow = Flow(environment, record)
    worker = Worker(
        environment.client,
        task_queue=record.id,
        workflows=[Unenroll],
        activities=Activities(record).all,
        workflow_runner=UnsandboxedWorkflowRunner(),
        interceptors=[ErrorMapping()],
    )
    async with worker:
        stage = SearchAttributePair(SearchAttributeKey.for_keyword("Stage"), Stage.UNENROLLING)
        flow.handle = await environment.client.start_workflow(
            Unenroll.run,
            UnenrollInput(unenrollment_id=record.id),
            id=unenrollment_workflow_id(record.id),
            task_queue=record.id,
            search_attributes=TypedSearchAttributes([stage]),
        )
        yield flow
        if (await flow.handle.describe()).close_time is None:
            await flow.handle.terminate()


def leaving(environment: WorkflowEnvironment, *, methods: str, **how: Any) -> AbstractAsyncContextManager[Flow]:
    """The same, the methods in one line."""
    return unenrolling(environment, *methods.split(), **how)

"""Runs the batch workflow on a record in memory."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from temporalio import activity
from temporalio.testing import WorkflowEnvironment

from models.batches import BatchName
from models.errors import Refused
from models.ids import batch_workflow_id, new_id
from models.messages.batch import BatchInput, BatchProgress, BeginBatch, FailBatch
from models.states.batch_run import BatchRunState
from tests.workflow.stand_ins.workflow_run import WorkflowRun, start_workflow
from workflows.batch import BatchWorkflow


class BatchRecord:
    """A batch run with this many pages.

    `asking` pages call other systems; the page `broken_at` fails; `begins` is false if the run cannot begin.
    """

    def __init__(
        self, pages: int, *, asking: frozenset[int] = frozenset(), broken_at: int = 0, begins: bool = True
    ) -> None:
        self.pages = pages
        self.id = new_id("bat")
        self.page = 1
        self.state = BatchRunState.RUNNING
        self.reason = ""
        self.began = 0
        self.asked: list[int] = []
        self.done: list[int] = []
        self._asking = asking
        self._broken_at = broken_at
        self._begins = begins

    @property
    def status(self) -> BatchProgress:
        ended = self.state is not BatchRunState.RUNNING
        return BatchProgress(
            run_id=self.id,
            state=self.state,
            page=self.page,
            step=None if ended else "counting",
            asks=self.page in self._asking,
            counts={"pages": len(self.done)},
        )

    def process_page(self, at: BatchProgress) -> BatchProgress:
        """Process this page unless it was processed before."""
        if at.page == self._broken_at:
            raise Refused("The page cannot be done.", code="broken")
        if at.page == self.page:
            self.done.append(at.page)
            self.page += 1
            if self.page > self.pages:
                self.state = BatchRunState.COMPLETED
        return self.status

    @activity.defn
    async def begin_batch(self, request: BeginBatch) -> BatchProgress:
        if not self._begins:
            raise Refused("The record cannot be read.", code="broken")
        self.began += 1
        return self.status

    @activity.defn
    async def do_page(self, at: BatchProgress) -> BatchProgress:
        return self.process_page(at)

    @activity.defn
    async def do_asking_page(self, at: BatchProgress) -> BatchProgress:
        self.asked.append(at.page)
        return self.process_page(at)

    @activity.defn
    async def fail_batch(self, request: FailBatch) -> None:
        self.state, self.reason = BatchRunState.FAILED, request.reason


@dataclass
class BatchRun(WorkflowRun):
    """A batch run's workflow and its record."""

    record: BatchRecord


@asynccontextmanager
async def run_batch(
    environment: WorkflowEnvironment, record: BatchRecord, *, pages_a_run: int = 500
) -> AsyncGenerator[BatchRun]:
    """Start the run's workflow."""
    name, run = BatchName.INITIAL_LOAD, BatchRun(environment, record)
    request, workflow_id = BatchInput(name=name, pages_a_run=pages_a_run), batch_workflow_id(name, record.id)
    activities = [record.begin_batch, record.do_page, record.do_asking_page, record.fail_batch]
    async with start_workflow(run, BatchWorkflow, request, workflow_id, activities):
        yield run

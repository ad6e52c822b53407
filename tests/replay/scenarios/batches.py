"""Scenarios for every way in which the batch workflow ends, by name."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from models.messages.batch import BatchResult
from tests.workflow.stand_ins.batch import BatchRecord, run_batch


@dataclass
class BatchRun:
    """A run's workflow and its record."""

    run: BatchRecord
    handle: WorkflowHandle[Any, BatchResult]


@asynccontextmanager
async def begin(
    environment: WorkflowEnvironment, *, pages: int, pages_a_run: int = 500, **how: Any
) -> AsyncGenerator[BatchRun]:
    run = BatchRecord(pages, **how)
    async with run_batch(environment, run, pages_a_run=pages_a_run) as handle:
        yield BatchRun(run, handle)


async def complete(run: BatchRun) -> None:
    await run.handle.result()


async def fail(run: BatchRun) -> None:
    try:
        await run.handle.result()
    except WorkflowFailureError:
        return
    raise AssertionError("a page that cannot be done was done")


BATCH_SCENARIOS: dict[str, tuple[Callable[[BatchRun], Awaitable[object]], dict[str, Any]]] = {
    "batch_completed": (complete, {"pages": 3}),
    "batch_that_asks_outside": (complete, {"pages": 2, "asking": frozenset({2})}),
    "batch_that_cannot_go_on": (fail, {"pages": 3, "broken_at": 2}),
    "batch_continued": (complete, {"pages": 4, "pages_a_run": 3}),
}

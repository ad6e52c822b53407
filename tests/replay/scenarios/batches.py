"""Scenarios for every way in which the batch workflow ends, by name."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from temporalio.client import WorkflowFailureError
from temporalio.testing import WorkflowEnvironment

from tests.workflow.stand_ins.batch import BatchRecord, BatchRun, run_batch


def begin(
    environment: WorkflowEnvironment, *, pages: int, pages_a_run: int = 500, **how: Any
) -> AbstractAsyncContextManager[BatchRun]:
    """Start a run with this many pages."""
    return run_batch(environment, BatchRecord(pages, **how), pages_a_run=pages_a_run)


async def complete(run: BatchRun) -> None:
    await run.result()


async def fail(run: BatchRun) -> None:
    try:
        await run.result()
    except WorkflowFailureError:
        return
    raise AssertionError("a page that cannot be done was done")


BATCH_SCENARIOS: dict[str, tuple[Callable[[BatchRun], Awaitable[object]], dict[str, Any]]] = {
    "batch_completed": (complete, {"pages": 3}),
    "batch_that_asks_outside": (complete, {"pages": 2, "asking": frozenset({2})}),
    "batch_that_cannot_go_on": (fail, {"pages": 3, "broken_at": 2}),
    "batch_continued": (complete, {"pages": 4, "pages_a_run": 3}),
}

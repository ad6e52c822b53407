"""The batch flow brought to every way it can end, by name."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from models.messages.batch import BatchResult
from tests.flow.batching import Run, running


@dataclass
class Running:
    """One run's flow, and its record."""

    run: Run
    handle: WorkflowHandle[Any, BatchResult]


@asynccontextmanager
async def begun(
    environment: WorkflowEnvironment, *, pages: int, pages_a_run: int = 500, **how: Any
) -> AsyncGenerator[Running]:
    run = Run(pages, **how)
    async with running(environment, run, pages_a_run=pages_a_run) as handle:
        yield Running(run, handle)


async def completed(flow: Running) -> None:
    await flow.handle.result()


async def failed(flow: Running) -> None:
    try:
        await flow.handle.result()
    except WorkflowFailureError:
        return
    raise AssertionError("a page that cannot be done was done")


BATCHES: dict[str, tuple[Callable[[Running], Awaitable[object]], dict[str, Any]]] = {
    "batch_completed": (completed, {"pages": 3}),
    "batch_that_asks_outside": (completed, {"pages": 2, "asking": frozenset({2})}),
    "batch_that_cannot_go_on": (failed, {"pages": 3, "broken_at": 2}),
    "batch_continued": (completed, {"pages": 4, "pages_a_run": 3}),
}

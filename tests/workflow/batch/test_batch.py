"""A batch goes from page to page, each once, however long it takes."""

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.testing import WorkflowEnvironment

from models.states.batch_run import BatchRunState
from tests.workflow.stand_ins.batch import BatchRecord, run_batch


async def test_every_page_is_processed_once_and_in_order(environment: WorkflowEnvironment) -> None:
    record = BatchRecord(pages=5)
    async with run_batch(environment, record) as run:
        result = await run.result()
    assert record.done == [1, 2, 3, 4, 5]
    assert (result.state, result.counts) == (BatchRunState.COMPLETED, {"pages": 5})


async def test_pages_that_call_other_systems_may_take_long(environment: WorkflowEnvironment) -> None:
    record = BatchRecord(pages=3, asking=frozenset({2}))
    async with run_batch(environment, record) as run:
        await run.result()
    assert record.asked == [2]


async def test_a_long_run_continues_as_new_at_its_page(environment: WorkflowEnvironment) -> None:
    record = BatchRecord(pages=7)
    async with run_batch(environment, record, pages_a_run=3) as run:
        await run.result()
    assert record.done == [1, 2, 3, 4, 5, 6, 7]
    assert record.began == 3


async def test_a_failing_page_fails_the_run_with_its_reason(environment: WorkflowEnvironment) -> None:
    record = BatchRecord(pages=3, broken_at=2)
    async with run_batch(environment, record) as run:
        with pytest.raises(WorkflowFailureError):
            await run.result()
    assert (record.done, record.state, record.reason) == ([1], BatchRunState.FAILED, "broken: The page cannot be done.")


async def test_a_run_that_cannot_begin_fails(environment: WorkflowEnvironment) -> None:
    record = BatchRecord(pages=3, begins=False)
    async with run_batch(environment, record) as run:
        with pytest.raises(WorkflowFailureError):
            await run.result()
    assert (record.done, record.state, record.reason) == (
        [],
        BatchRunState.FAILED,
        "broken: The record cannot be read.",
    )


async def test_a_run_that_has_ended_does_nothing(environment: WorkflowEnvironment) -> None:
    record = BatchRecord(pages=3)
    record.state = BatchRunState.COMPLETED
    async with run_batch(environment, record) as run:
        await run.result()
    assert record.done == []

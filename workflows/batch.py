"""The batch flow: page by page until the batch's work is done (docs/domain.md#batches). One flow for every batch."""

import asyncio
from typing import Any

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.batches import BatchActivities
    from models.messages import batch as messages
    from models.messages.batch import BatchInput, BatchResult, BatchStanding, BeginBatch, FailBatch
    from workflows import policies
    from workflows.cancellation import Cancellation
    from workflows.parking import reason_of
    from workflows.signals import read_start, until_done


@workflow.defn(name=messages.WORKFLOW)
class Batch:
    """Find the run record, do its pages one after the other. Each page is one transaction that also says where the
    next begins: a run broken off goes on there, and nothing is counted twice."""

    @workflow.init
    def __init__(self, message: Any) -> None:
        self._request = read_start(BatchInput, message)
        self._broken_off = False
        self._cancellation = Cancellation(request=lambda _: None, interrupts=lambda: not self._broken_off)

    @workflow.run
    async def run(self, message: Any) -> BatchResult:
        """Ends when no page is left; fails when one cannot be done for hours."""
        return await self._cancellation.carry_through(self._do_pages())

    async def _do_pages(self) -> BatchResult:
        try:
            standing = await self._begin()
            for _ in range(self._request.pages_a_run):
                if standing.step is None:
                    break
                standing = await self._page(standing)
        except (asyncio.CancelledError, FailureError) as error:
            self._broken_off = True
            await self._fail(error)
            raise
        if standing.step is not None:
            workflow.continue_as_new(self._request)
        return self._end(standing)

    async def _begin(self) -> BatchStanding:
        workflow.set_current_details("Looking where the run stands.")
        return await workflow.execute_local_activity_method(
            BatchActivities.begin_batch,
            BeginBatch(name=self._request.name, workflow_id=workflow.info().workflow_id),
            summary="begin",
            **policies.OWN_DATABASE,
        )

    async def _page(self, at: BatchStanding) -> BatchStanding:
        workflow.set_current_details(f"Page {at.page}: {at.step}. So far: {_told(at.counts)}.")
        summary = f"{at.step}, page {at.page}"
        if at.asks:
            return await workflow.execute_activity_method(
                BatchActivities.do_asking_page, at, summary=summary, **policies.BATCH_ASK
            )
        return await workflow.execute_local_activity_method(
            BatchActivities.do_page, at, summary=summary, **policies.OWN_DATABASE
        )

    async def _fail(self, error: asyncio.CancelledError | FailureError) -> None:
        """Writes down why the run cannot go on."""
        stopped = isinstance(error, asyncio.CancelledError) or is_cancelled_exception(error)
        reason = "It was asked to stop in Temporal." if stopped else _why(error)
        workflow.set_current_details(f"Failed: {reason}")
        request = FailBatch(name=self._request.name, workflow_id=workflow.info().workflow_id, reason=reason)
        await until_done(
            lambda: workflow.execute_local_activity_method(
                BatchActivities.fail_batch, request, summary="write down that it failed", **policies.OWN_DATABASE
            )
        )

    def _end(self, standing: BatchStanding) -> BatchResult:
        workflow.set_current_details(f"Done: {_told(standing.counts)}.")
        return BatchResult(run_id=standing.run_id, state=standing.state, counts=standing.counts)


def _why(error: BaseException) -> str:
    return reason_of(error) if isinstance(error, FailureError) else str(error)


def _told(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items()) or "nothing"

"""The batch workflow: page by page until the work of a batch is done (docs/domain.md#batches). All batches use it."""

import asyncio
from typing import Any

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.batches import BatchActivities
    from models.messages import batch as messages
    from models.messages.batch import BatchInput, BatchProgress, BatchResult, BeginBatch, FailBatch
    from workflows import policies
    from workflows.cancellation import Cancellation
    from workflows.parking import describe_failure
    from workflows.record import retry_until_done
    from workflows.signals import parse_input


@workflow.defn(name=messages.WORKFLOW)
class BatchWorkflow:
    """Finds or makes the record of the run, then processes its pages one after the other.

    Each page is one transaction that also says where the next begins: a run that was interrupted goes on there, and
    nothing is counted twice.
    """

    @workflow.init
    def __init__(self, message: Any) -> None:
        self._request = parse_input(BatchInput, message)
        self._has_failed = False
        self._cancellation = Cancellation(interrupts=lambda: not self._has_failed)

    @workflow.run
    async def run(self, message: Any) -> BatchResult:
        """Ends when no page is left; fails when a page fails for hours."""
        return await self._cancellation.run_to_completion(self._process_pages())

    async def _process_pages(self) -> BatchResult:
        try:
            progress = await self._begin()
            for _ in range(self._request.pages_a_run):
                if progress.step is None:
                    break
                progress = await self._process_page(progress)
        except (asyncio.CancelledError, FailureError) as error:
            self._has_failed = True
            await self._record_failure(error)
            raise
        if progress.step is not None:
            workflow.continue_as_new(self._request)
        return self._end(progress)

    async def _begin(self) -> BatchProgress:
        workflow.set_current_details("Looking where the run stands.")
        return await workflow.execute_local_activity_method(
            BatchActivities.begin_batch,
            BeginBatch(name=self._request.name, workflow_id=workflow.info().workflow_id),
            summary="begin",
            **policies.OWN_DATABASE,
        )

    async def _process_page(self, at: BatchProgress) -> BatchProgress:
        workflow.set_current_details(f"Page {at.page}: {at.step}. So far: {_format_counts(at.counts)}.")
        summary = f"{at.step}, page {at.page}"
        if at.asks:
            return await workflow.execute_activity_method(
                BatchActivities.process_external_page, at, summary=summary, **policies.BATCH_EXTERNAL
            )
        return await workflow.execute_local_activity_method(
            BatchActivities.process_page, at, summary=summary, **policies.OWN_DATABASE
        )

    async def _record_failure(self, error: asyncio.CancelledError | FailureError) -> None:
        """Records why the run cannot go on."""
        stopped = isinstance(error, asyncio.CancelledError) or is_cancelled_exception(error)
        reason = "It was asked to stop in Temporal." if stopped else _describe(error)
        workflow.set_current_details(f"Failed: {reason}")
        await retry_until_done(
            BatchActivities.fail_batch,
            FailBatch(name=self._request.name, workflow_id=workflow.info().workflow_id, reason=reason),
            summary="write down that it failed",
        )

    def _end(self, progress: BatchProgress) -> BatchResult:
        workflow.set_current_details(f"Done: {_format_counts(progress.counts)}.")
        return BatchResult(run_id=progress.run_id, state=progress.state, counts=progress.counts)


def _describe(error: BaseException) -> str:
    return describe_failure(error) if isinstance(error, FailureError) else str(error)


def _format_counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items()) or "nothing"

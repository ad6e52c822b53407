"""What it means to cancel a workflow in Temporal (docs/decisions/0013-a-cancel-in-temporal-is-a-request.md)."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from models.messages.signals import CancelRequested

T = TypeVar("T")

_CANCEL_IS_A_REQUEST = "a-cancel-in-temporal-is-a-request"
_OBSOLETE_STEPS_ARE_ABANDONED = "what-is-over-is-not-waited-for"


class Cancellation:
    """The requests to cancel a workflow, from people and from Temporal, so that none interrupts a step by chance."""

    def __init__(self, *, interrupts: Callable[[], bool]) -> None:
        """`interrupts`: whether a cancel in Temporal may interrupt the current step, which deals with it itself."""
        self._interrupts = interrupts
        self.pending: CancelRequested | None = None
        """A request that the workflow has not dealt with yet."""
        self.requested_in_temporal = False
        """Whether somebody has canceled the workflow in Temporal, and it counts as a person's request."""

    def request(self, message: CancelRequested) -> None:
        """Notes that somebody wants to cancel what the workflow carries out."""
        self.pending = message

    def request_because_interrupted(self) -> CancelRequested:
        """Notes that a cancel in Temporal has interrupted a step, and returns it as a request."""
        self.pending = CancelRequested(reason="The workflow was cancelled in Temporal.")
        return self.pending

    def take(self) -> CancelRequested | None:
        """Returns the pending request, which is dealt with from now on."""
        taken, self.pending = self.pending, None
        return taken

    async def run_to_completion(self, process: Coroutine[Any, Any, T]) -> T:
        """Runs the process to its own end, however often the workflow is canceled in Temporal meanwhile."""
        work = asyncio.create_task(process)
        while not work.done():
            try:
                await workflow.wait_condition(work.done)
            except asyncio.CancelledError:
                self._handle_cancel(work)
        return work.result()

    def _handle_cancel(self, work: asyncio.Task[Any]) -> None:
        # In earlier releases a cancel interrupted every step, and their histories have to replay.
        if self._interrupts() or not workflow.patched(_CANCEL_IS_A_REQUEST):
            work.cancel()
            return
        self.requested_in_temporal = True
        self.request(CancelRequested(reason="The workflow was canceled in Temporal."))

    def end_as_canceled(self) -> None:
        """Ends the workflow as canceled in Temporal, if it was canceled there.

        Raises:
            asyncio.CancelledError: it was.
        """
        if self.requested_in_temporal:
            raise asyncio.CancelledError


async def await_unless(step: workflow.ActivityHandle[T], obsolete: Callable[[], bool]) -> T | None:
    """Returns the result of a step, or None if the step becomes obsolete before that: then it is abandoned."""
    try:
        await workflow.wait_condition(lambda: step.done() or obsolete())
    except asyncio.CancelledError:
        abandon(step)
        raise
    # Earlier releases waited for obsolete steps, and their histories have to replay.
    if step.done() or not workflow.patched(_OBSOLETE_STEPS_ARE_ABANDONED):
        return await step
    abandon(step)
    return None


def abandon(step: workflow.ActivityHandle[Any]) -> None:
    """Cancels a step whose result nobody needs any more."""
    step.add_done_callback(lambda done: done.cancelled() or done.exception())
    step.cancel()

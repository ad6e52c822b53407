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
    """Takes cancels in Temporal for a workflow, so that none of them lands on a step by chance."""

    def __init__(self, *, request: Callable[[CancelRequested], None], interrupts: Callable[[], bool]) -> None:
        """`request`: does what a person's request to cancel does. `interrupts`: whether the current step deals with
        being interrupted itself."""
        self._request = request
        self._step_handles_it = interrupts
        self.requested = False
        """Whether somebody has canceled the workflow in Temporal, and it was taken as a request."""

    async def run_to_completion(self, process: Coroutine[Any, Any, T]) -> T:
        """Runs the process to its own end, however often the workflow is canceled meanwhile."""
        work = asyncio.create_task(process)
        while not work.done():
            try:
                await workflow.wait_condition(work.done)
            except asyncio.CancelledError:
                self._handle_cancel(work)
        return work.result()

    def _handle_cancel(self, work: asyncio.Task[Any]) -> None:
        # Workflows that were canceled before this was so have had their step interrupted, whichever it was.
        if self._step_handles_it() or not workflow.patched(_CANCEL_IS_A_REQUEST):
            work.cancel()
            return
        self.requested = True
        self._request(CancelRequested(reason="The workflow was canceled in Temporal."))

    def end_as_canceled(self) -> None:
        """Ends the workflow as canceled in Temporal, if that is where it was canceled.

        Raises:
            asyncio.CancelledError: it was.
        """
        if self.requested:
            raise asyncio.CancelledError


async def await_unless(step: workflow.ActivityHandle[T], over: Callable[[], bool]) -> T | None:
    """Returns what the step comes to; None if it is over before: then the step is called off."""
    try:
        await workflow.wait_condition(lambda: step.done() or over())
    except asyncio.CancelledError:
        abandon(step)
        raise
    # Workflows for which it was over before this was so have waited on.
    if step.done() or not workflow.patched(_OBSOLETE_STEPS_ARE_ABANDONED):
        return await step
    abandon(step)
    return None


def abandon(step: workflow.ActivityHandle[Any]) -> None:
    """Calls a step off; nobody cares any more what it comes to."""
    step.add_done_callback(lambda done: done.cancelled() or done.exception())
    step.cancel()

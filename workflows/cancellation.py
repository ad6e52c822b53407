"""What it means to cancel a workflow in Temporal (docs/decisions/0013-a-cancel-in-temporal-is-a-request.md)."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from models.messages.enroll import CancelRequested

T = TypeVar("T")

_IS_A_REQUEST = "a-cancel-in-temporal-is-a-request"
_ENDS_STEPS = "what-is-over-is-not-waited-for"


class Cancellation:
    """Takes cancels in Temporal for a workflow, so that none of them lands on a step by chance."""

    def __init__(self, *, request: Callable[[CancelRequested], None], interrupts: Callable[[], bool]) -> None:
        """`request`: does what a person's request to cancel does. `interrupts`: whether the current step deals with
        being interrupted itself."""
        self._request = request
        self._interrupts = interrupts
        self.requested = False
        """Whether somebody has canceled the workflow in Temporal, and it was taken as a request."""

    async def carry_through(self, process: Coroutine[Any, Any, T]) -> T:
        """Runs the process to its own end, however often the workflow is canceled meanwhile."""
        work = asyncio.create_task(process)
        while not work.done():
            try:
                await workflow.wait_condition(work.done)
            except asyncio.CancelledError:
                self._canceled(work)
        return work.result()

    def _canceled(self, work: asyncio.Task[Any]) -> None:
        # Workflows that were canceled before this was so have had their step interrupted, whichever it was.
        if self._interrupts() or not workflow.patched(_IS_A_REQUEST):
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


async def unless_over(step: workflow.ActivityHandle[T], over: Callable[[], bool]) -> T | None:
    """Returns what the step comes to; None if it is over before: then the step is called off."""
    try:
        await workflow.wait_condition(lambda: step.done() or over())
    except asyncio.CancelledError:
        step.cancel()
        raise
    # Workflows for which it was over before this was so have waited on.
    if step.done() or not workflow.patched(_ENDS_STEPS):
        return await step
    step.cancel()
    return None

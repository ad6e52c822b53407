"""Steps on our own record: the local activities without which a workflow cannot go on, and what happens when one fails.

A step that fails for an hour parks the workflow: a person is asked, and the step is tried again from time to time.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from models.messages.search_attributes import WorkflowStage
    from workflows import policies
    from workflows.cancellation import await_unless
    from workflows.parking import Parking, describe_failure


class HasState(Protocol):
    """What a step on our record returns: at least the record's state."""

    @property
    def state(self) -> str:
        """The state of our record."""
        ...


T = TypeVar("T")
M = TypeVar("M")
P = TypeVar("P", bound=HasState)

Step = Callable[[Any, M], Awaitable[T]]
"""A method of an activity class, called by the worker with one message."""

_NEEDS_ATTENTION = "needs_attention"


class Record:
    """Our own record of what a workflow carries out: runs the steps on it, and marks it for a person."""

    def __init__(self, parking: Parking) -> None:
        """`parking`: where the workflow waits for a person."""
        self.parking = parking
        self.is_retrying = False
        """Whether a step failed and the workflow waits to try it again."""

    async def run_step(self, step: Step[M, T], message: M, *, summary: str, resume: WorkflowStage) -> T:
        """Runs a step until it succeeds; while it fails, the workflow is parked. `resume` is the stage after that."""
        while True:
            try:
                return await workflow.execute_local_activity_method(
                    step, message, summary=summary, **policies.OWN_DATABASE
                )
            except FailureError as error:
                if is_cancelled_exception(error):
                    raise
                why = f"A step on our own record failed: {describe_failure(error)}"
            self.is_retrying = True
            try:
                await self.parking.wait_for_person(why, resume=resume, again_after=policies.AUTOMATIC_RETRY_INTERVAL)
            finally:
                self.is_retrying = False

    async def run_step_unless(
        self,
        obsolete: Callable[[], bool],
        step: Step[M, T],
        message: M,
        *,
        summary: str,
        park: Callable[[str], Awaitable[T | None]],
    ) -> T | None:
        """Runs a step that something else may make obsolete: then it is abandoned, and this returns None.

        `park` is called with the reason when the step fails, and waits for a person. It returns a result if the step
        is not needed any more.
        """
        while not obsolete():
            try:
                return await await_unless(
                    workflow.start_local_activity_method(step, message, summary=summary, **policies.OWN_DATABASE),
                    obsolete,
                )
            except FailureError as error:
                if is_cancelled_exception(error):
                    raise
                why = describe_failure(error)
            if (result := await park(why)) is not None:
                return result
        return None

    async def mark(self, step: Step[M, P], message: M) -> P | None:
        """Marks the record as needing a person, and returns where it stands. Returns None if the record cannot be
        reached: Temporal shows that the workflow needs attention all the same."""
        try:
            return await workflow.execute_local_activity_method(
                step, message, summary="mark for attention", **policies.OWN_DATABASE
            )
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            workflow.logger.warning("the record cannot be marked: %s", describe_failure(error))
            return None

    async def mark_and_wait(
        self,
        step: Step[M, P],
        message: M,
        why: str,
        *,
        resume: WorkflowStage,
        until: Callable[[], bool],
        again_after: timedelta | None = None,
    ) -> P | None:
        """Marks the record as needing a person and waits for one. Returns where the record stands if it does not need
        a person, because it has moved on meanwhile; None after the wait."""
        marked = await self.mark(step, message)
        if marked is not None and marked.state != _NEEDS_ATTENTION:
            return marked
        await self.parking.wait_for_person(why, resume=resume, until=until, again_after=again_after)
        return None


async def retry_until_done(step: Step[M, None], message: M, *, summary: str) -> None:
    """Runs a step that nothing else waits for; while it fails, it is tried again without asking a person."""
    while True:
        try:
            return await workflow.execute_local_activity_method(step, message, summary=summary, **policies.OWN_DATABASE)
        except FailureError as error:
            workflow.logger.warning("a step on our own record failed: %s", error)
        await workflow.sleep(policies.AUTOMATIC_RETRY_INTERVAL, summary="try again by itself")

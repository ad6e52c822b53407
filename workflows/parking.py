"""Waiting for a person, visibly: a search attribute finds what needs attention; it says why and what can be done."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate
from temporalio.exceptions import ActivityError, FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from models.messages.search_attributes import WorkflowStage
    from models.messages.signals import RetryRequested
    from models.messages.text import shorten
    from workflows import policies
    from workflows.signals import MessageDeduplicator

T = TypeVar("T")

STAGE = SearchAttributeKey.for_keyword("Stage")
NEEDS_ATTENTION = SearchAttributeKey.for_bool("NeedsAttention")


def set_search_attributes(*updates: SearchAttributeUpdate[Any]) -> None:
    """Sets search attributes of this flow, all in one command."""
    # The SDK leaves the updates' type parameter out of its signature.
    workflow.upsert_search_attributes(updates)  # pyright: ignore[reportUnknownMemberType]


def describe_failure(error: FailureError) -> str:
    """Why a step failed. A regular activity's failure is wrapped in an ActivityError; a local one's comes as it is."""
    return shorten(str(error.cause if isinstance(error, ActivityError) and error.cause else error))


class Parking:
    """Part of a flow: the place where it waits for a person. A flow that does several things at once has one for each,
    `beside` each other: it needs attention as long as one of them does."""

    def __init__(self, *, beside: "Parking | None" = None) -> None:
        self._seen = MessageDeduplicator()
        self._retry_is_requested = False
        self.is_retrying_step = False
        """Whether it waits until our own record takes a step."""
        self._parked: dict[Parking, str] = beside._parked if beside else {}

    def retry_requested(self, message: RetryRequested) -> None:
        """A person acted. The same message twice is one; one by hand without an id always counts."""
        if not message.message_id or self._seen.is_new(message.message_id):
            self._retry_is_requested = True

    @property
    def attention_message(self) -> str:
        """What a person is asked by one of those beside each other; empty if nobody is."""
        return next(iter(self._parked.values()), "")

    def discard_retry(self) -> None:
        """What a person did until now was about something else."""
        self._retry_is_requested = False

    async def wait_for_person(
        self, why: str, *, resume: WorkflowStage, until: Callable[[], bool], again_after: timedelta | None = None
    ) -> None:
        """Waits until a person acts, `until` holds, or it is time to try again by itself."""
        set_search_attributes(NEEDS_ATTENTION.value_set(True), STAGE.value_set(WorkflowStage.NEEDS_ATTENTION))
        retried = f" It is tried again by itself every {again_after}." if again_after else ""
        self._parked[self] = f"**Needs attention.** {shorten(why)}{retried}"
        workflow.set_current_details(self._parked[self])
        try:
            await workflow.wait_condition(
                lambda: self._retry_is_requested or until(), timeout=again_after, timeout_summary="try again by itself"
            )
        except asyncio.TimeoutError:  # noqa: UP041 - what the SDK documents
            workflow.logger.info("trying again by itself")
        except asyncio.CancelledError:
            self._unpark(NEEDS_ATTENTION.value_set(False))
            raise
        self._retry_is_requested = False
        self._unpark(NEEDS_ATTENTION.value_set(False), STAGE.value_set(resume))

    def _unpark(self, *updates: SearchAttributeUpdate[Any]) -> None:
        self._parked.pop(self, None)
        if not self._parked:
            set_search_attributes(*updates)

    async def run_until_done(self, step: Callable[[], Coroutine[Any, Any, T]], *, resume: WorkflowStage) -> T:
        """Does a step on our own record that the flow cannot go on without; while it fails, waits and tries again."""
        while True:
            try:
                return await step()
            except FailureError as error:
                if is_cancelled_exception(error):
                    raise
                why = f"A step on our own record failed: {describe_failure(error)}"
            self.is_retrying_step = True
            try:
                await self.wait_for_person(
                    why, resume=resume, until=lambda: False, again_after=policies.AUTOMATIC_RETRY_INTERVAL
                )
            finally:
                self.is_retrying_step = False

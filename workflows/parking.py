"""Waiting for a person, visibly: search attributes find the workflows that need attention; their details say why."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate
from temporalio.exceptions import ActivityError, FailureError

with workflow.unsafe.imports_passed_through():
    from models.messages.search_attributes import WorkflowStage
    from models.messages.signals import RetryRequested
    from models.messages.text import shorten
    from workflows.deduplication import MessageDeduplicator

STAGE = SearchAttributeKey.for_keyword("Stage")
NEEDS_ATTENTION = SearchAttributeKey.for_bool("NeedsAttention")


def set_search_attributes(*updates: SearchAttributeUpdate[Any]) -> None:
    """Sets search attributes of this workflow, all in one command."""
    # The SDK leaves the updates' type parameter out of its signature.
    workflow.upsert_search_attributes(updates)  # pyright: ignore[reportUnknownMemberType]


def show_stage(stage: WorkflowStage, details: str) -> None:
    """Shows people what the workflow does now: `stage` in lists and searches, `details` on its own page."""
    workflow.set_current_details(details)
    set_search_attributes(STAGE.value_set(stage))


def describe_failure(error: FailureError) -> str:
    """Returns why a step failed. A regular activity's failure is wrapped in an ActivityError."""
    return shorten(str(error.cause if isinstance(error, ActivityError) and error.cause else error))


class Parking:
    """The place where a workflow waits for a person. A workflow that does several things at once has one for each,
    `beside` each other: the workflow needs attention as long as anything is parked in one of them."""

    def __init__(self, *, beside: "Parking | None" = None) -> None:
        self._received = MessageDeduplicator()
        self._retry_is_requested = False
        self._parked: dict[Parking, str] = beside._parked if beside else {}

    def retry_requested(self, message: RetryRequested) -> None:
        """Notes that a person acted. A message with an id counts once; one sent by hand without an id always counts."""
        if not message.message_id or self._received.is_new(message.message_id):
            self._retry_is_requested = True

    @property
    def attention_message(self) -> str:
        """What the workflow asks a person, here or in a parking beside this one; empty if it asks nobody."""
        return next(iter(self._parked.values()), "")

    def discard_retry(self) -> None:
        """Forgets what a person did until now: it was about something else."""
        self._retry_is_requested = False

    async def wait_for_person(
        self,
        why: str,
        *,
        resume: WorkflowStage,
        until: Callable[[], bool] = lambda: False,
        again_after: timedelta | None = None,
    ) -> None:
        """Waits until a person acts, until `until` holds, or for `again_after`, when it is time to try again anyway.

        `why` is what the person reads: what is wrong, and what they can do. `resume` is the stage after that.
        """
        set_search_attributes(NEEDS_ATTENTION.value_set(True), STAGE.value_set(WorkflowStage.NEEDS_ATTENTION))
        retried = f" It is tried again by itself every {again_after}." if again_after else ""
        self._parked[self] = f"**Needs attention.** {shorten(why)}{retried}"
        workflow.set_current_details(self._parked[self])
        try:
            await workflow.wait_condition(
                lambda: self._retry_is_requested or until(),
                timeout=again_after,
                timeout_summary="try again by itself",
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

"""Requests to head-ends about devices: sent, waited for, and asked about once when no answer comes."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.head_end import HeadEndActivities
    from models.messages.head_end import HeadEndAnswered, HeadEndRequestProgress, SendHeadEndRequest
    from workflows import policies
    from workflows.cancellation import await_unless
    from workflows.parking import describe_failure

_SendMethod = Callable[[HeadEndActivities, SendHeadEndRequest], Awaitable[HeadEndRequestProgress]]

_DEFAULT_ANSWER_WITHIN = timedelta(minutes=15)
"""How long a workflow waits for an answer if the activity has not said how long; histories have recorded this."""


class HeadEndRequests:
    """Part of a workflow: what it has asked of devices.

    `has_late_answer`: something was answered after the workflow stopped waiting for it.
    """

    def __init__(self) -> None:
        self._answered: set[str] = set()
        self._answer_within = _DEFAULT_ANSWER_WITHIN
        self.has_late_answer = False

    def record_answer(self, message: HeadEndAnswered) -> None:
        """Notes an answer. It may come before the workflow waits for it, or after it has stopped waiting."""
        self.has_late_answer = self.has_late_answer or message.request_id not in self._answered
        self._answered.add(message.request_id)

    def is_answered(self, request_id: str | None) -> bool:
        """Returns whether the head-end has answered the request."""
        return request_id in self._answered

    async def send_and_wait(
        self, request_ids: Sequence[str], *, details: str, until: Callable[[], bool]
    ) -> dict[str, str]:
        """Sends the requests and waits for their answers, which our record keeps. Asks once about each request that is
        not answered in time. Returns what went wrong, by request.

        `details` is what people read meanwhile.
        """
        failures = await self._send_all(HeadEndActivities.send_head_end_request, request_ids, until)
        workflow.set_current_details(details)
        await self._wait_for_answers([id_ for id_ in request_ids if id_ not in failures], until)
        unanswered = [id_ for id_ in request_ids if id_ not in self._answered and id_ not in failures]
        if unanswered and not until():
            failures |= await self._send_all(HeadEndActivities.get_head_end_answer, unanswered, until)
        self.has_late_answer = False
        return failures

    async def _send_all(
        self, send: _SendMethod, request_ids: Sequence[str], until: Callable[[], bool]
    ) -> dict[str, str]:
        """Sends the requests side by side; returns what went wrong, by request."""
        results = await asyncio.gather(*(self._send(send, id_, until) for id_ in request_ids))
        return {request_id: why for request_id, why in zip(request_ids, results, strict=True) if why}

    async def _send(self, send: _SendMethod, request_id: str, until: Callable[[], bool]) -> str:
        try:
            result = await await_unless(
                workflow.start_activity_method(
                    send, SendHeadEndRequest(request_id=request_id), summary="ask the head-end", **policies.HEAD_END
                ),
                until,
            )
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            return describe_failure(error)
        if result is None:
            return ""
        if result.outcome is not None:
            self._answered.add(request_id)
        elif result.answer_within_seconds is not None:
            self._answer_within = timedelta(seconds=result.answer_within_seconds)
        return ""

    async def _wait_for_answers(self, request_ids: Sequence[str], until: Callable[[], bool]) -> None:
        try:
            await workflow.wait_condition(
                lambda: until() or self._answered.issuperset(request_ids),
                timeout=self._answer_within,
                timeout_summary="ask what became of the question",
            )
        except asyncio.TimeoutError:  # noqa: UP041 - what the SDK documents
            workflow.logger.info("the head-end has not answered in time")

"""Asking head-ends of devices: passed on, waited for, and asked for once more when no answer comes."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.head_end import HeadEndActivities
    from models.messages.head_end import Asked, AskHeadEnd, HeadEndAnswered
    from workflows import policies
    from workflows.cancellation import unless_over
    from workflows.parking import reason_of

_Ask = Callable[[HeadEndActivities, AskHeadEnd], Awaitable[Asked]]

_UNLESS_TOLD = timedelta(minutes=15)
"""How long an answer is waited for before anybody said how long; recorded histories have waited so."""


class HeadEndQuestions:
    """Part of a flow: what it has asked of devices. `came_late`: something was answered after it was waited for."""

    def __init__(self) -> None:
        self._answered: set[str] = set()
        self._answer_within = _UNLESS_TOLD
        self.came_late = False

    def answered(self, message: HeadEndAnswered) -> None:
        """The head-end answered; it may be before the flow waits, or after it has given up."""
        self.came_late = self.came_late or message.request_id not in self._answered
        self._answered.add(message.request_id)

    def knows(self, request_id: str | None) -> bool:
        """Whether that one was answered."""
        return request_id in self._answered

    async def ask(self, request_ids: Sequence[str], *, details: str, until: Callable[[], bool]) -> dict[str, str]:
        """One question for each; what is not answered in time is asked for once more. Gives what went wrong, by
        request; what came of them is in our record. `details`: what the flow waits for, in words."""
        troubles = await self._ask_all(HeadEndActivities.ask_head_end, request_ids, until)
        workflow.set_current_details(details)
        await self._wait([one for one in request_ids if one not in troubles], until)
        unanswered = [one for one in request_ids if one not in self._answered and one not in troubles]
        if unanswered and not until():
            troubles |= await self._ask_all(HeadEndActivities.ask_what_came, unanswered, until)
        self.came_late = False
        return troubles

    async def _ask_all(self, ask: _Ask, request_ids: Sequence[str], until: Callable[[], bool]) -> dict[str, str]:
        """Asks side by side; gives what went wrong, by request."""
        told = await asyncio.gather(*(self._ask(ask, one, until) for one in request_ids))
        return {request_id: why for request_id, why in zip(request_ids, told, strict=True) if why}

    async def _ask(self, ask: _Ask, request_id: str, until: Callable[[], bool]) -> str:
        try:
            asked = await unless_over(
                workflow.start_activity_method(
                    ask, AskHeadEnd(request_id=request_id), summary="ask the head-end", **policies.HEAD_END
                ),
                until,
            )
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            return reason_of(error)
        if asked is None:
            return ""
        if asked.outcome is not None:
            self._answered.add(request_id)
        elif asked.answer_within_seconds is not None:
            self._answer_within = timedelta(seconds=asked.answer_within_seconds)
        return ""

    async def _wait(self, request_ids: Sequence[str], until: Callable[[], bool]) -> None:
        try:
            await workflow.wait_condition(
                lambda: until() or self._answered.issuperset(request_ids),
                timeout=self._answer_within,
                timeout_summary="ask what became of the question",
            )
        except asyncio.TimeoutError:  # noqa: UP041 - what the SDK documents
            workflow.logger.info("the head-end has not answered in time")

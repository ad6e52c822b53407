"""A head-end in memory."""

from collections.abc import Callable
from typing import Any

from temporalio import activity
from temporalio.client import WorkflowHandle

from models.errors import Refused
from models.messages.head_end import HEAD_END_ANSWERED, HeadEndRequestProgress, SendHeadEndRequest
from models.states.head_end import HeadEndOutcome


class InMemoryHeadEnd:
    """The requests and answers of a head-end.

    `answers` are returned in turn; None means silence. `answer_within`: the deadline that it states when it accepts a
    request.
    """

    def __init__(self, answers: list[HeadEndOutcome | None] | None = None) -> None:
        self.answers = list(answers or [])
        self.asked: list[str] = []
        self.outcomes: dict[str, HeadEndOutcome] = {}
        self.refuses = False
        self.answer_within = 900.0

    async def answer(self, handle: WorkflowHandle[Any, Any], outcome: HeadEndOutcome, *, signaled: bool = True) -> None:
        """Answer the newest request, and signal that unless `told` is false."""
        self.outcomes[self.asked[-1]] = outcome
        if signaled:
            await handle.signal(HEAD_END_ANSWERED, {"request_id": self.asked[-1]})


class HeadEndActivities:
    """The activities that call a head-end."""

    def __init__(self, cloud: InMemoryHeadEnd) -> None:
        self._head_end = cloud

    @property
    def all(self) -> list[Callable[..., Any]]:
        return [self.ask_head_end, self.ask_what_came]

    @activity.defn
    async def ask_head_end(self, request: SendHeadEndRequest) -> HeadEndRequestProgress:
        self._check_available()
        self._head_end.asked.append(request.request_id)
        outcome = self._head_end.answers.pop(0) if self._head_end.answers else None
        if outcome is not None:
            self._head_end.outcomes[request.request_id] = outcome
        return HeadEndRequestProgress(
            outcome=outcome, answer_within_seconds=None if outcome else self._head_end.answer_within
        )

    @activity.defn
    async def ask_what_came(self, request: SendHeadEndRequest) -> HeadEndRequestProgress:
        self._check_available()
        return HeadEndRequestProgress(outcome=self._head_end.outcomes.get(request.request_id))

    def _check_available(self) -> None:
        if self._head_end.refuses:
            raise Refused("The head-end refuses the request with 404.", code="head-end-refused")

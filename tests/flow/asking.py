"""A head-end in memory, under whichever flow asks it."""

from collections.abc import Callable
from typing import Any

from temporalio import activity
from temporalio.client import WorkflowHandle

from models.errors import Refused
from models.head_end import HeadEndOutcome
from models.messages.head_end import HEAD_END_ANSWERED, Asked, AskHeadEnd


class Cloud:
    """What it was asked. `answers` are given at once, in turn; None, or none left: silence. `answer_within`: how long
    its answer is waited for, where that is said when it takes a request."""

    def __init__(self, answers: list[HeadEndOutcome | None] | None = None) -> None:
        self.answers = list(answers or [])
        self.asked: list[str] = []
        self.outcomes: dict[str, HeadEndOutcome] = {}
        self.refuses = False
        self.answer_within: float | None = None

    async def answer(self, handle: WorkflowHandle[Any, Any], outcome: HeadEndOutcome, *, told: bool = True) -> None:
        """Answers the newest question; `told`: the flow hears of it."""
        self.outcomes[self.asked[-1]] = outcome
        if told:
            await handle.signal(HEAD_END_ANSWERED, {"request_id": self.asked[-1]})


class AskingActivities:
    """The names by which flows ask. Mirrors activities/head_end.py."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    @property
    def all(self) -> list[Callable[..., Any]]:
        return [self.ask_head_end, self.ask_what_came]

    @activity.defn
    async def ask_head_end(self, request: AskHeadEnd) -> Asked:
        self._reach()
        self._cloud.asked.append(request.request_id)
        outcome = self._cloud.answers.pop(0) if self._cloud.answers else None
        if outcome is not None:
            self._cloud.outcomes[request.request_id] = outcome
        return Asked(outcome=outcome, answer_within_seconds=self._cloud.answer_within)

    @activity.defn
    async def ask_what_came(self, request: AskHeadEnd) -> Asked:
        self._reach()
        return Asked(outcome=self._cloud.outcomes.get(request.request_id))

    def _reach(self) -> None:
        if self._cloud.refuses:
            raise Refused("The head-end refuses the request with 404.", code="head-end-refused")

"""The messages between a workflow and its activities about head-end requests. Ids and outcomes only."""

from models.messages.message import Message
from models.messages.text import Text
from models.states.head_end import HeadEndOutcome


class StatusChecks(Message):
    """Requests to pass on; none when every device has answered well."""

    request_ids: tuple[str, ...] = ()


class ConcludeStatusChecks(Message):
    """End a round of checks."""

    enrollment_id: str
    request_ids: tuple[str, ...]


class StatusChecksResult(Message):
    """Where a round of checks ended. `why`: what keeps a device from being enrolled, in words without its numbers."""

    passed: bool
    why: Text = ""


HEAD_END_ANSWERED = "head_end_answered"


class HeadEndAnswered(Message):
    """A head-end answered."""

    request_id: str
    message_id: str = ""


class SendHeadEndRequest(Message):
    """Pass one request on, or ask what became of it."""

    request_id: str


class HeadEndRequestProgress(Message):
    """What a request came to; no outcome while nothing did. Where the head-end took it: how long its answer is waited
    for."""

    outcome: HeadEndOutcome | None = None
    answer_within_seconds: float | None = None

"""What flows say and hear of something asked of a device through its head-end. Ids and outcomes only."""

from models.head_end import HeadEndOutcome
from models.messages.message import Message

HEAD_END_ANSWERED = "head_end_answered"


class HeadEndAnswered(Message):
    """A head-end answered."""

    request_id: str
    message_id: str = ""


class AskHeadEnd(Message):
    """Pass one request on, or ask what became of it."""

    request_id: str


class Asked(Message):
    """What a request came to; no outcome while nothing did. Where the head-end took it: how long its answer is waited
    for."""

    outcome: HeadEndOutcome | None = None
    answer_within_seconds: float | None = None

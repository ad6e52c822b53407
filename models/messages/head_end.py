"""What flows say and hear of something asked of a device through its head-end. Ids and outcomes only."""

from models.messages.message import Message
from models.states.head_end import HeadEndOutcome

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

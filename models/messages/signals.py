"""The signals that all workflows share, and the record of a signal that cannot be read."""

from typing import Any

from models.messages.message import Message
from models.messages.text import Text

CANCEL_REQUESTED = "cancel_requested"


RETRY_REQUESTED = "retry_requested"


class CancelRequested(Message):
    """Somebody wants the request cancelled."""

    reason: Text = "cancelled by signal"
    actor: str = "temporal"


class RetryRequested(Message):
    """A person acted: what was parked may go on."""

    message_id: str = ""


class UnreadableSignal(Message):
    """A signal as it came, unless it is too large, and why it cannot be read."""

    workflow_id: str
    name: Text
    payload: Any = None
    error: Text

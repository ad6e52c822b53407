"""What a workflow keeps of a signal that it cannot read."""

from typing import Any

from models.messages.message import Message
from models.messages.text import Text


class UnreadableSignal(Message):
    """A signal as it came, unless it is too large, and why it cannot be read."""

    workflow_id: str
    name: Text
    payload: Any = None
    error: Text

"""The body of an action that needs only a reason."""

from models.values import Sentence, Value


class ReasonRequest(Value):
    """Why the caller takes this action; people read it in the timeline."""

    reason: Sentence

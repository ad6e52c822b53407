"""The body of the actions that need a reason and nothing else."""

from models.values import Sentence, Value


class ReasonRequest(Value):
    """Why the caller takes this action; people read it in the timeline."""

    reason: Sentence

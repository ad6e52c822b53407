"""What to do about work that is not done and whose flow may not run any more."""

from enum import StrEnum

from models.messages.flows import FlowStanding


class Repair(StrEnum):
    """The ways to set it right."""

    NOTHING = "nothing"
    START = "start"
    HAND_OVER = "hand_over"
    TELL = "tell"


def repair_of(standing: FlowStanding, *, only_telling: bool) -> Repair:
    """`only_telling`: the request is done with but for the DERMS, which must still be told.

    A flow that Temporal does not have, or that was broken off, is started again under its own id. Where only telling is
    left another flow takes that over, whatever became of the first. What is left is for a person to see: a flow that
    came to its end though its request did not.
    """
    if standing is FlowStanding.RUNNING:
        return Repair.NOTHING
    if only_telling:
        return Repair.HAND_OVER
    return Repair.TELL if standing is FlowStanding.ENDED else Repair.START

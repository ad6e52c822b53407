"""What to do about work that is not done and whose flow may not run any more."""

from enum import StrEnum

from models.messages.workflow_status import WorkflowStatus


class WorkflowRepair(StrEnum):
    """The ways to set it right."""

    NOTHING = "nothing"
    START = "start"
    SEND_SYNC_REQUEST = "hand_over"
    REPORT = "tell"


def choose_repair(standing: WorkflowStatus, *, only_telling: bool) -> WorkflowRepair:
    """`only_telling`: the request is done with but for the DERMS, which must still be told.

    A flow that Temporal does not have, or that was broken off, is started again under its own id. Where only telling is
    left another flow takes that over, whatever became of the first. What is left is for a person to see: a flow that
    came to its end though its request did not.
    """
    if standing is WorkflowStatus.RUNNING:
        return WorkflowRepair.NOTHING
    if only_telling:
        return WorkflowRepair.SEND_SYNC_REQUEST
    return WorkflowRepair.REPORT if standing is WorkflowStatus.COMPLETED else WorkflowRepair.START

"""Decide what to do about unfinished work whose workflow may not be running."""

from enum import StrEnum

from models.messages.workflow_status import WorkflowStatus


class WorkflowRepair(StrEnum):
    """What the initial load does about one request or message."""

    NOTHING = "nothing"
    START = "start"
    SEND_SYNC_REQUEST = "hand_over"
    REPORT = "tell"


def choose_repair(status: WorkflowStatus, *, only_sync: bool) -> WorkflowRepair:
    """Return the repair for a request, or with `only_sync` for the sync request of a completed one.

    A workflow that Temporal does not have, or that did not complete, starts again under its own id. A separate workflow
    takes over a sync request, whatever happened to the first one. A person must look at a request that is open although
    its workflow completed.
    """
    if status is WorkflowStatus.RUNNING:
        return WorkflowRepair.NOTHING
    if only_sync:
        return WorkflowRepair.SEND_SYNC_REQUEST
    return WorkflowRepair.REPORT if status is WorkflowStatus.COMPLETED else WorkflowRepair.START

"""The input of the workflow that only synchronizes one sync request."""

from models.messages.message import Message
from models.messages.synchronization import SyncOutcome
from models.messages.workflow_start import SynchronizingInput

WORKFLOW = "HandOver"


class SyncRequestWorkflowInput(SynchronizingInput):
    """Which sync request to carry through."""

    sync_request_id: str


class SyncRequestWorkflowResult(Message):
    """How it ended."""

    outcome: SyncOutcome

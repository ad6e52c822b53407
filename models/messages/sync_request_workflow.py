"""What goes into the flow that tells the DERMS of one sync request and does nothing else."""

from models.messages.message import Message
from models.messages.synchronization import SyncOutcome

WORKFLOW = "HandOver"


class SyncRequestWorkflowInput(Message):
    """Which sync request to carry through."""

    sync_request_id: str
    acknowledgement_timeout_seconds: float = 900.0


class SyncRequestWorkflowResult(Message):
    """How it ended."""

    outcome: SyncOutcome

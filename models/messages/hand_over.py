"""What goes into the flow that tells the DERMS of one sync request and does nothing else."""

from models.messages.message import Message
from models.messages.synchronize import SyncOutcome

WORKFLOW = "HandOver"


class HandOverInput(Message):
    """Which sync request to carry through."""

    sync_request_id: str
    acknowledgement_timeout_seconds: float = 900.0


class HandOverResult(Message):
    """How it ended."""

    outcome: SyncOutcome

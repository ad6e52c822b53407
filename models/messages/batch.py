"""What goes in and out of the batch flow and its steps. Ids and counts only."""

from pydantic import Field

from models.batches import BatchName
from models.messages.message import Message
from models.messages.text import Text
from models.states.batch_run import BatchRunState

WORKFLOW = "Batch"


class BatchInput(Message):
    """Which batch to run. Its run record is found, or made, by the flow's own workflow id."""

    name: BatchName
    pages_a_run: int = 500
    """After so many pages the flow goes on as new, so that its history stays short."""


class BeginBatch(Message):
    """Find the run record of this flow, or make it: a schedule starts flows without one."""

    name: BatchName
    workflow_id: str


class BatchProgress(Message):
    """How far a run is: the page to do next, in which step, after which cursor. Without a step it has ended."""

    run_id: str
    state: BatchRunState
    page: int = 1
    step: str | None = None
    cursor: str = ""
    asks: bool = False
    """The step asks somebody outside, the DERMS or Temporal."""
    counts: dict[str, int] = Field(default_factory=dict)


class FailBatch(Message):
    """Write down that the run of a flow cannot go on, or not even begin."""

    name: BatchName
    workflow_id: str
    reason: Text


class BatchResult(Message):
    """What a run came to."""

    run_id: str
    state: BatchRunState
    counts: dict[str, int] = Field(default_factory=dict)

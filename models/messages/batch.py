"""Inputs and results of the batch workflow and its steps. They contain only ids and counts."""

from pydantic import Field

from models.batches import BatchName
from models.messages.message import Message
from models.messages.text import Text
from models.states.batch_run import BatchRunState

WORKFLOW = "Batch"


class BatchInput(Message):
    """Which batch to run. The workflow's id identifies its run record, which its first step creates if necessary."""

    name: BatchName
    pages_a_run: int = 500
    """After this many pages the workflow continues as new, so that its history stays short."""


class BeginBatch(Message):
    """Find or create the run record of this workflow: a schedule starts workflows without one."""

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
    """Record that the run cannot continue, or not even begin."""

    name: BatchName
    workflow_id: str
    reason: Text


class BatchResult(Message):
    """What a run came to."""

    run_id: str
    state: BatchRunState
    counts: dict[str, int] = Field(default_factory=dict)

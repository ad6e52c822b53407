"""The states of a batch run and the transitions between them."""

from enum import StrEnum


class BatchRunState(StrEnum):
    """One run of a batch."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


_B = BatchRunState


BATCH_RUN_TRANSITIONS: dict[BatchRunState, frozenset[BatchRunState]] = {
    _B.RUNNING: frozenset({_B.COMPLETED, _B.FAILED}),
    _B.COMPLETED: frozenset(),
    _B.FAILED: frozenset({_B.RUNNING}),
}

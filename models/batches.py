"""The batches (docs/domain.md#batches): what there is, what each does, how often it runs by itself."""

from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple


class BatchName(StrEnum):
    """The batches by name."""

    INITIAL_LOAD = "initial-load"
    SYNC_REQUEST_MONITOR = "sync-request-monitor"
    RECONCILIATION = "reconciliation"


class BatchSchedule(NamedTuple):
    """When a batch runs by itself: every so often, so long after the full interval (counted from midnight UTC)."""

    interval: timedelta
    offset: timedelta = timedelta()
    catchup_window: timedelta = timedelta(minutes=10)
    """A run missed for longer than this, because Temporal was away, is not made up for: the next one does its work."""


class BatchDefinition(NamedTuple):
    """One batch."""

    description: str
    schedule: BatchSchedule


BATCHES: dict[BatchName, BatchDefinition] = {
    BatchName.INITIAL_LOAD: BatchDefinition(
        "Creates missing sync requests, ends the participation of customers who have moved out, and restarts workflows "
        "that are not running although their request is open.",
        BatchSchedule(interval=timedelta(hours=1)),
    ),
    BatchName.SYNC_REQUEST_MONITOR: BatchDefinition(
        "Releases held messages, has workflows ask the DERMS about overdue ones, and expires old drafts.",
        BatchSchedule(interval=timedelta(minutes=5)),
    ),
    BatchName.RECONCILIATION: BatchDefinition(
        "Compares the resources of the DERMS with our record and lists every difference.",
        BatchSchedule(interval=timedelta(days=1), offset=timedelta(hours=3), catchup_window=timedelta(hours=1)),
    ),
}


def schedule_id(name: BatchName) -> str:
    """The Temporal Schedule of a batch: `batch/initial-load`."""
    return f"batch/{name}"


class BatchFindingKind(StrEnum):
    """What a run came upon that a person should know."""

    MISSING_IN_DERMS = "missing_in_derms"
    UNKNOWN_TO_US = "unknown_to_us"
    STATE_DIFFERS = "state_differs"
    FLOW_ENDED_EARLY = "flow_ended_early"

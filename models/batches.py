"""The batches (docs/domain.md#batches): what there is, what each does, how often it runs by itself."""

from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple


class BatchName(StrEnum):
    """The batches by name."""

    INITIAL_LOAD = "initial-load"
    SYNC_REQUEST_MONITOR = "sync-request-monitor"
    RECONCILIATION = "reconciliation"


class Rhythm(NamedTuple):
    """When a batch runs by itself: every so often, so long after the full interval (counted from midnight UTC)."""

    every: timedelta
    offset: timedelta = timedelta()
    catchup: timedelta = timedelta(minutes=10)
    """A run missed for longer than this, because Temporal was away, is not made up for: the next one does its work."""


class Batch(NamedTuple):
    """One batch."""

    description: str
    rhythm: Rhythm


BATCHES: dict[BatchName, Batch] = {
    BatchName.INITIAL_LOAD: Batch(
        "Makes sync requests that are missing, ends what is left of who has moved out, and starts flows that do not "
        "run though their work is not done.",
        Rhythm(every=timedelta(hours=1)),
    ),
    BatchName.SYNC_REQUEST_MONITOR: Batch(
        "Releases messages that wait for a batch, has the DERMS asked about overdue ones, lets old drafts expire.",
        Rhythm(every=timedelta(minutes=5)),
    ),
    BatchName.RECONCILIATION: Batch(
        "Compares what the DERMS holds with our record and lists every difference.",
        Rhythm(every=timedelta(days=1), offset=timedelta(hours=3), catchup=timedelta(hours=1)),
    ),
}


def schedule_id(name: BatchName) -> str:
    """The Temporal Schedule of a batch: `batch/initial-load`."""
    return f"batch/{name}"


class FindingKind(StrEnum):
    """What a run came upon that a person should know."""

    MISSING_IN_DERMS = "missing_in_derms"
    UNKNOWN_TO_US = "unknown_to_us"
    STATE_DIFFERS = "state_differs"
    FLOW_ENDED_EARLY = "flow_ended_early"

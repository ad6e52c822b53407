"""The status of a workflow in Temporal."""

from enum import StrEnum


class WorkflowStatus(StrEnum):
    """As far as it matters to whoever repairs."""

    RUNNING = "running"
    COMPLETED = "ended"
    """It came to its own end."""
    ABORTED = "broken_off"
    """It failed, ran out of time, was cancelled or terminated."""
    UNKNOWN = "unknown"
    """Temporal has none: never started, or ended so long ago that it is forgotten."""

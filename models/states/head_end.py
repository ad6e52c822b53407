"""What can be asked of a device through its head-end, and what comes of it."""

from enum import StrEnum


class RemoteAction(StrEnum):
    """What a device can be told to do from afar."""

    PING = "ping"
    RESTART = "restart"
    RESET = "reset"


class RequestKind(StrEnum):
    """A question after a device's status, or one of the actions."""

    STATUS_CHECK = "status_check"
    PING = "ping"
    RESTART = "restart"
    RESET = "reset"

    @property
    def remote_action(self) -> RemoteAction | None:
        """The action it is; None for a status check."""
        return None if self is RequestKind.STATUS_CHECK else RemoteAction(self.value)


class HeadEndOutcome(StrEnum):
    """What a request came to."""

    OK = "ok"
    """The device answers, or did as it was told."""
    OFFLINE = "offline"
    """The head-end knows the device and cannot reach it."""
    UNKNOWN = "unknown"
    """The head-end has never seen the device: it is not set up yet, or its numbers are wrong."""
    FAILED = "failed"
    """The device was reached and could not do it."""

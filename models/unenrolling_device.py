"""How one device of an unenrollment leaves the program, and how far it is."""

from enum import StrEnum
from typing import Any

from models.classifications import RemovalMethod
from models.values import Value


class RemovalEnd(StrEnum):
    """How the removal of a device ended."""

    KEPT = "kept"
    """The device stays where it is for good."""
    REMOVED = "removed"


class UnenrollingDevice(Value):
    """One device of an unenrollment, as its row stores it."""

    device: str
    """The device's id."""
    method: RemovalMethod
    left: bool = False
    """The device no longer participates in the program, whether or not it is still installed."""
    ended: RemovalEnd | None = None
    """None as long as its removal is open."""
    work_order: str | None = None
    """The latest order to remove it, if a technician removes it."""
    attention: str | None = None
    """Why a person must decide what becomes of it; None if nobody must."""
    reminders: int = 0

    def with_changes(self, **changes: Any) -> "UnenrollingDevice":
        """Returns the device with some fields changed."""
        return UnenrollingDevice.model_validate({**dict(self), **changes})

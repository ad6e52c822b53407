"""The states of a device and the transitions between them."""

from enum import StrEnum


class DeviceState(StrEnum):
    """One real device."""

    NEW = "new"
    INSTALLED = "installed"
    ENROLLED = "enrolled"
    FAULTY = "faulty"
    REMOVED = "removed"
    RETIRED = "retired"


_D = DeviceState


DEVICE_TRANSITIONS: dict[DeviceState, frozenset[DeviceState]] = {
    _D.NEW: frozenset({_D.INSTALLED, _D.RETIRED}),
    _D.INSTALLED: frozenset({_D.ENROLLED, _D.FAULTY, _D.REMOVED}),
    _D.ENROLLED: frozenset({_D.INSTALLED, _D.FAULTY, _D.REMOVED}),
    _D.FAULTY: frozenset({_D.ENROLLED, _D.INSTALLED, _D.REMOVED}),
    _D.REMOVED: frozenset({_D.INSTALLED, _D.RETIRED}),
    _D.RETIRED: frozenset(),
}

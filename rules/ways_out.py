"""By which ways devices leave a program, as a guided flow offers them."""

from collections.abc import Collection

from models.catalog import Program
from models.panels import Choice
from models.states import AssetOwnership
from models.task_states import RemovalMethod
from rules.unenrollment import can_leave_by

_METHODS: dict[RemovalMethod, str] = {
    RemovalMethod.KEEP: "It stays where it is",
    RemovalMethod.UTILITY_REMOVAL: "A technician fetches it",
    RemovalMethod.SHIP_BACK: "The customer ships it back",
}


def removal_methods(program: Program, ownerships: Collection[AssetOwnership]) -> tuple[Choice, ...]:
    """What may become of devices that are these parties'."""
    possible = {one for one in RemovalMethod if any(can_leave_by(one, program, owner) for owner in ownerships)}
    return tuple(Choice(value=one, label=label) for one, label in _METHODS.items() if one in possible)

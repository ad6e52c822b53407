"""By which ways devices leave a program, as a guided flow offers them."""

from collections.abc import Collection

from models.catalog.panels import Choice
from models.catalog.programs import Program
from models.classifications import AssetOwnership, RemovalMethod
from rules.unenrollment.decide import is_removal_possible

_METHOD_LABELS: dict[RemovalMethod, str] = {
    RemovalMethod.KEEP: "It stays where it is",
    RemovalMethod.UTILITY_REMOVAL: "A technician fetches it",
    RemovalMethod.SHIP_BACK: "The customer ships it back",
}


def list_removal_methods(program: Program, ownerships: Collection[AssetOwnership]) -> tuple[Choice, ...]:
    """What may become of devices that are these parties'."""
    possible = {one for one in RemovalMethod if any(is_removal_possible(one, program, owner) for owner in ownerships)}
    return tuple(Choice(value=one, label=label) for one, label in _METHOD_LABELS.items() if one in possible)

"""How devices can leave a program, as a guided process flow offers it."""

from collections.abc import Collection

from models.catalog.programs import Program
from models.classifications import AssetOwnership, RemovalMethod
from rules.unenrollment.decide import is_removal_possible


def list_removal_methods(program: Program, ownerships: Collection[AssetOwnership]) -> tuple[RemovalMethod, ...]:
    """Returns the removal methods to choose from for devices of these ownerships."""
    possible = {one for one in RemovalMethod if any(is_removal_possible(one, program, owner) for owner in ownerships)}
    return tuple(one for one in RemovalMethod if one in possible)

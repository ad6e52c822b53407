"""What is possible, as the reasons of rules tell it to whoever named something else."""

from collections.abc import Iterable

from models.catalog.devices import Specification
from models.catalog.programs import Program

_MAXIMUM_NAMED = 20


def join_codes(codes: Iterable[str]) -> str:
    """`a, b, c`, in order; of very many the first ones, and how many more there are."""
    ordered = sorted(set(codes))
    more = len(ordered) - _MAXIMUM_NAMED
    return ", ".join(ordered[:_MAXIMUM_NAMED]) + (f" and {more} more" if more > 0 else "")


def list_accepted_specifications(program: Program, catalogued: Iterable[Specification]) -> str:
    """The specifications that the program takes."""
    return join_codes(one.code for one in catalogued if one.active and program.accepts_specification(one))


def list_location_types(asset_type: str, location_types: Iterable[tuple[str, str]]) -> str:
    """Where a device of the kind can hang, by pairs of a place and a kind."""
    return join_codes(place for place, kind in location_types if kind == asset_type)

"""What is possible, as the reasons of rules tell it to whoever named something else."""

from collections.abc import Iterable

from models.catalog import Program, Specification

_NAMED = 20


def listed(codes: Iterable[str]) -> str:
    """`a, b, c`, in order; of very many the first ones, and how many more there are."""
    ordered = sorted(set(codes))
    more = len(ordered) - _NAMED
    return ", ".join(ordered[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def taken_by(program: Program, catalogued: Iterable[Specification]) -> str:
    """The specifications that the program takes."""
    return listed(one.code for one in catalogued if one.active and program.accepts_specification(one))


def places_for(asset_type: str, location_types: Iterable[tuple[str, str]]) -> str:
    """Where a device of the kind can hang, by pairs of a place and a kind."""
    return listed(place for place, kind in location_types if kind == asset_type)

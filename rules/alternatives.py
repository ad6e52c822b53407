"""What somebody could have named instead of what was refused, as the values of a finding."""

from collections.abc import Iterable
from decimal import Decimal

from pydantic import JsonValue

from models.catalog.devices import Specification
from models.catalog.programs import Program

_MAXIMUM_NAMED = 20


def name_codes(codes: Iterable[str]) -> JsonValue:
    """Returns the codes in order, without repetition; of very many the first ones, and how many more there are."""
    ordered = sorted(set(codes))
    return {"codes": [*ordered[:_MAXIMUM_NAMED]], "more": max(0, len(ordered) - _MAXIMUM_NAMED)}


def name_accepted_specifications(program: Program, specifications: Iterable[Specification]) -> JsonValue:
    """Returns the active specifications that the program accepts."""
    return name_codes(one.code for one in specifications if one.active and program.accepts_specification(one))


def name_location_types(asset_type: str, location_types: Iterable[tuple[str, str]]) -> JsonValue:
    """Returns where a device of the asset type can be, from pairs of a location type and an asset type."""
    return name_codes(place for place, kind in location_types if kind == asset_type)


def name_power(power: Decimal) -> str:
    """Returns power in kW to the watt, without trailing zeros."""
    return f"{power.normalize():f}"

"""Catalog entries about devices: asset types, head-end systems, specifications and locations."""

from typing import Annotated

from pydantic import Field

from models.catalog.entry import CatalogEntry
from models.values import Code, KilowattHours, Kilowatts, Line


class ControllableAssetType(CatalogEntry):
    """Thermostat, EV charger, battery, PV inverter …"""


class HeadEndSystem(CatalogEntry):
    """The vendor cloud or control system that talks to the devices."""

    vendor: Line


class Specification(CatalogEntry):
    """Make and model of an asset type."""

    asset_type: Code
    manufacturer: Line
    model: Line
    rated_kw: Kilowatts
    capacity_kwh: KilowattHours | None = None
    communication: Line
    head_end: Code


class DeviceLocationType(CatalogEntry):
    """A place where a device hangs, such as the main living area's thermostat."""

    asset_types: Annotated[tuple[Code, ...], Field(min_length=1)]

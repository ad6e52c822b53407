"""What the DERMS must hold after a change: a full picture of one subscription, never a delta.

See docs/domain.md#snapshot.
"""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, PlainSerializer

from models.classifications import AssetOwnership
from models.states.sync_request import SyncKind
from models.values import Instant, KilowattHours, Kilowatts, Value


def _format_decimal(number: Decimal) -> str:
    """One way to write it, wherever it comes from: the database says 3.500 for the catalog's 3.5."""
    return f"{number.normalize():f}"


_SerializedAsText = PlainSerializer(_format_decimal, return_type=str, when_used="json")


class SyncedCustomer(Value):
    """The customer as the CIS names them."""

    cis_person_id: str
    cis_account_id: str
    name: str
    email: str | None = None
    phone: str | None = None


class SyncedLocation(Value):
    """Where on the grid the devices are."""

    cis_premise_id: str
    cis_service_point_id: str
    feeder: str | None = None
    transformer: str | None = None
    substation: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    time_zone: str


class SyncedProgram(Value):
    """The program taken part in."""

    code: str


class SyncedSubscription(Value):
    """The taking part."""

    number: str
    start: Instant
    end: Instant | None = None


class SyncedDevice(Value):
    """One device and what shall become of it."""

    device_id: str
    asset_type: str
    specification: str
    manufacturer: str
    model: str
    serial_number: str
    nic_id: str | None = None
    badge_number: str | None = None
    ownership: AssetOwnership
    head_end: str
    rated_kw: Annotated[Kilowatts, _SerializedAsText]
    capacity_kwh: Annotated[KilowattHours, _SerializedAsText] | None = None
    state: Literal["enrolled", "removed", "replaced"]
    replaced_by: str | None = Field(default=None, description="device_id of the device that takes its place")


class Snapshot(Value):
    """The picture, taken at an instant for one change."""

    sent_at: Instant = Field(description="when the snapshot was taken; the same on every resend")
    kind: SyncKind
    transaction_id: str
    sequence: int = Field(ge=1, description="order of this change among those of the same subscription")
    customer: SyncedCustomer
    location: SyncedLocation
    program: SyncedProgram
    subscription: SyncedSubscription
    devices: tuple[SyncedDevice, ...] = Field(min_length=1)

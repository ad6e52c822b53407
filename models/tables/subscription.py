"""Who takes part in which program with which devices, and where those devices hang."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Column, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlmodel import Field

from models.classifications import AssetOwnership
from models.states.device import DeviceState
from models.states.subscription import RegistrationState, SubscriptionState
from models.tables.columns import (
    TableRow,
    enum_column,
    foreign_key_column,
    power_column,
    primary_key_column,
    text_column,
    timestamp_column,
)


class ProgramSubscription(TableRow, table=True):
    """That a customer takes part, from a start to an end."""

    __tablename__ = "program_subscription"

    id: str = Field(sa_column=primary_key_column())
    number: str = Field(sa_column=text_column(unique=True))
    enrollment_id: str = Field(sa_column=foreign_key_column("enrollment.id", index=True))
    program: str = Field(sa_column=foreign_key_column("program_capacity.program"))
    exclusion: str = Field(sa_column=text_column())
    customer_id: str = Field(sa_column=foreign_key_column("customer.id", index=True))
    account: str = Field(sa_column=foreign_key_column("account.cis_account_id"))
    service_point: str = Field(sa_column=foreign_key_column("service_point.cis_service_point_id", index=True))
    state: SubscriptionState = Field(sa_column=enum_column(SubscriptionState))
    start_at: datetime = Field(sa_column=timestamp_column())
    end_at: datetime | None = Field(default=None, sa_column=timestamp_column(nullable=True))

    __table_args__ = (
        Index("program_subscription_state", "state", "enrollment_id"),
        Index("program_subscription_program_state", "program", "state", "enrollment_id"),
        Index(
            "one_open_subscription_per_program_and_service_point",
            "program",
            "service_point",
            unique=True,
            postgresql_where=sql("state NOT IN ('ended', 'cancelled')"),
        ),
    )


class Device(TableRow, table=True):
    """One real device. Manufacturer and serial number, as compared, name it; nobody else can hold it."""

    __tablename__ = "device"

    id: str = Field(sa_column=primary_key_column())
    manufacturer: str = Field(sa_column=text_column())
    manufacturer_key: str = Field(sa_column=text_column())
    model: str = Field(sa_column=text_column())
    serial_number: str = Field(sa_column=text_column())
    serial_key: str = Field(sa_column=text_column())
    nic_id: str | None = Field(default=None, sa_column=text_column(nullable=True))
    badge_number: str | None = Field(default=None, sa_column=text_column(nullable=True))
    specification: str = Field(sa_column=text_column())
    asset_type: str = Field(sa_column=text_column())
    head_end: str = Field(sa_column=text_column())
    ownership: AssetOwnership = Field(sa_column=enum_column(AssetOwnership))
    rated_kw: Decimal = Field(sa_column=power_column())
    capacity_kwh: Decimal | None = Field(default=None, sa_column=power_column(nullable=True))
    customer_id: str = Field(sa_column=foreign_key_column("customer.id", index=True))
    state: DeviceState = Field(sa_column=enum_column(DeviceState))

    __table_args__ = (UniqueConstraint("serial_key", "manufacturer_key", name="one_holder_of_a_serial"),)


class DeviceLocation(TableRow, table=True):
    """A place at a service point where devices come and go."""

    __tablename__ = "device_location"

    id: str = Field(sa_column=primary_key_column())
    service_point: str = Field(sa_column=foreign_key_column("service_point.cis_service_point_id"))
    location_type: str = Field(sa_column=text_column())
    position: int = 1

    __table_args__ = (
        UniqueConstraint("service_point", "location_type", "position", name="one_location_of_a_kind_and_position"),
    )


class DeviceInstallation(TableRow, table=True):
    """A device at a location, from when to when."""

    __tablename__ = "device_installation"

    id: str = Field(sa_column=primary_key_column())
    device_id: str = Field(sa_column=foreign_key_column("device.id"))
    location_id: str = Field(sa_column=foreign_key_column("device_location.id", index=True))
    installed_at: datetime = Field(sa_column=timestamp_column())
    installed_by: str = Field(sa_column=text_column())
    removed_at: datetime | None = Field(default=None, sa_column=timestamp_column(nullable=True))

    __table_args__ = (
        Index("a_device_hangs_in_one_place", "device_id", unique=True, postgresql_where=sql("removed_at IS NULL")),
    )


class SubscriptionDevice(TableRow, table=True):
    """A device on a subscription and how far the DERMS has registered it; only acknowledgements move it."""

    __tablename__ = "subscription_device"

    subscription_id: str = Field(sa_column=primary_key_column(references="program_subscription.id"))
    device_id: str = Field(sa_column=primary_key_column(references="device.id"))
    exclusion: str = Field(sa_column=text_column())
    registration: RegistrationState = Field(sa_column=enum_column(RegistrationState))
    message: str = Field(default="", sa_column=text_column())
    replaced_by: str | None = Field(
        default=None,
        sa_column=Column(Text, ForeignKey("device.id", name="subscription_device_replaced_by"), nullable=True),
    )
    listed_at: datetime | None = Field(default=None, sa_column=timestamp_column(nullable=True))
    """When a reconciliation last saw it in the DERMS' own list."""

    __table_args__ = (
        Index("subscription_device_device", "device_id"),
        Index(
            "subscription_device_not_registered",
            "subscription_id",
            postgresql_where=sql("registration IN ('installed', 'registering', 'registration_failed')"),
        ),
        Index(
            "a_device_is_in_one_program_of_a_kind",
            "device_id",
            "exclusion",
            unique=True,
            postgresql_where=sql("registration NOT IN ('deregistered', 'removed', 'kept')"),
        ),
    )

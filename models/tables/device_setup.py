"""Setting devices up without a technician: what was sent to customers, and what head-ends were asked."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Column, Index, Integer
from sqlalchemy import text as sql
from sqlmodel import Field

from models.states.head_end import HeadEndRequestState, RequestKind
from models.states.shipment import ShipmentState
from models.tables.columns import (
    TableRow,
    enum_column,
    foreign_key_column,
    json_column,
    primary_key_column,
    text_column,
    timestamp_column,
)


class DeviceShipment(TableRow, table=True):
    """One device on its way to a customer, who installs it and says so."""

    __tablename__ = "device_shipment"

    id: str = Field(sa_column=primary_key_column())
    number: str = Field(sa_column=text_column(unique=True))
    journey: str = Field(sa_column=text_column(index=True))
    workflow_id: str = Field(sa_column=text_column())
    enrollment_id: str = Field(sa_column=foreign_key_column("enrollment.id", index=True))
    subscription_id: str = Field(sa_column=foreign_key_column("program_subscription.id"))
    customer_id: str = Field(sa_column=foreign_key_column("customer.id", index=True))
    service_point: str = Field(sa_column=foreign_key_column("service_point.cis_service_point_id"))
    program: str = Field(sa_column=text_column())
    catalog_version: int = Field(foreign_key="catalog_version.version")
    state: ShipmentState = Field(sa_column=enum_column(ShipmentState))
    carrier: str | None = Field(default=None, sa_column=text_column(nullable=True))
    tracking_reference: str | None = Field(default=None, sa_column=text_column(nullable=True))
    confirmation: Any = Field(default=None, sa_column=json_column(nullable=True))
    """What the customer confirmed, as it was taken; its serial number is on the device's own row as well."""
    sent_back: str | None = Field(default=None, sa_column=text_column(nullable=True))
    """Why the last confirmation could not be used after all."""
    unclaimed: str | None = Field(default=None, sa_column=text_column(nullable=True))
    """A device that was sent for a request which has ended; null once it came back or a person settled it."""
    reminders: int = 0
    escalated_at: datetime | None = Field(default=None, sa_column=timestamp_column(nullable=True))
    created_at: datetime = Field(sa_column=timestamp_column())
    updated_at: datetime = Field(sa_column=timestamp_column())
    version: int = Field(default=1, sa_column=Column(Integer, nullable=False, default=1))

    __table_args__ = (
        CheckConstraint("reminders >= 0", name="device_shipment_counts"),
        CheckConstraint("state <> 'confirmed' OR confirmation IS NOT NULL", name="a_confirmed_shipment_says_what"),
        Index("device_shipment_state", "state", "id"),
        Index("device_shipment_program", "program", "id"),
        Index("device_shipment_unclaimed", "updated_at", "id", postgresql_where=sql("unclaimed IS NOT NULL")),
        Index(
            "device_shipment_escalated",
            "escalated_at",
            "id",
            postgresql_where=sql("escalated_at IS NOT NULL AND state IN ('ordered', 'shipped', 'delivered')"),
        ),
        Index(
            "one_open_shipment_per_journey",
            "journey",
            unique=True,
            postgresql_where=sql("state IN ('ordered', 'shipped', 'delivered', 'confirmed')"),
        ),
    )


class HeadEndRequest(TableRow, table=True):
    """One thing asked of one device through its head-end; its id is the key under which the same again is harmless."""

    __tablename__ = "head_end_request"

    id: str = Field(sa_column=primary_key_column())
    kind: RequestKind = Field(sa_column=enum_column(RequestKind))
    journey: str = Field(sa_column=text_column(index=True))
    workflow_id: str = Field(sa_column=text_column())
    enrollment_id: str = Field(sa_column=foreign_key_column("enrollment.id", index=True))
    head_end: str = Field(sa_column=text_column())
    manufacturer: str = Field(sa_column=text_column())
    serial_number: str = Field(sa_column=text_column())
    nic_id: str | None = Field(default=None, sa_column=text_column(nullable=True))
    device_key: str = Field(sa_column=text_column())
    """Serial number and manufacturer as they are compared: a request of another device is not about this one."""
    state: HeadEndRequestState = Field(sa_column=enum_column(HeadEndRequestState))
    outcome: str | None = Field(default=None, sa_column=text_column(nullable=True))
    said: str | None = Field(default=None, sa_column=text_column(nullable=True))
    """The head-end's own words."""
    answer_id: str | None = Field(default=None, sa_column=text_column(nullable=True))
    created_at: datetime = Field(sa_column=timestamp_column())
    updated_at: datetime = Field(sa_column=timestamp_column())

    __table_args__ = (
        CheckConstraint("(state = 'answered') = (outcome IS NOT NULL)", name="an_answered_request_has_an_outcome"),
    )

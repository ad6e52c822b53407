"""Customers, accounts, premises and service points. The CIS is their only source."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Float, Index
from sqlmodel import Field

from models.classifications import AccountStatus, CustomerClass, MeterType, PremiseType
from models.tables.columns import (
    TableRow,
    enum_column,
    foreign_key_column,
    primary_key_column,
    search_column,
    text_column,
    timestamp_column,
)


class Customer(TableRow, table=True):
    """A person or business."""

    __tablename__ = "customer"

    id: str = Field(sa_column=primary_key_column())
    cis_person_id: str = Field(sa_column=text_column(unique=True))
    name: str = Field(sa_column=text_column())
    email: str | None = Field(default=None, sa_column=text_column(nullable=True))
    phone: str | None = Field(default=None, sa_column=text_column(nullable=True))
    language: str = Field(sa_column=text_column())
    created_at: datetime = Field(sa_column=timestamp_column())
    updated_at: datetime = Field(sa_column=timestamp_column())

    search: Any = Field(
        default=None,
        sa_column=search_column("((name || ' '::text) || COALESCE(email, ''::text))"),
    )

    __table_args__ = (Index("customer_search", "search", postgresql_using="gin"),)


class Account(TableRow, table=True):
    """A billing account."""

    __tablename__ = "account"

    cis_account_id: str = Field(sa_column=primary_key_column())
    customer_id: str = Field(sa_column=foreign_key_column("customer.id", index=True))
    status: AccountStatus = Field(sa_column=enum_column(AccountStatus))


class Premise(TableRow, table=True):
    """An address where service is delivered."""

    __tablename__ = "premise"

    cis_premise_id: str = Field(sa_column=primary_key_column())
    address_line_1: str = Field(sa_column=text_column())
    address_line_2: str | None = Field(default=None, sa_column=text_column(nullable=True))
    city: str = Field(sa_column=text_column())
    region: str = Field(sa_column=text_column())
    postal_code: str = Field(sa_column=text_column())
    country: str = Field(sa_column=text_column())
    time_zone: str = Field(sa_column=text_column())
    premise_type: PremiseType = Field(sa_column=enum_column(PremiseType))
    owner_occupied: bool

    search: Any = Field(
        default=None,
        sa_column=search_column("((((address_line_1 || ' '::text) || city) || ' '::text) || postal_code)"),
    )

    __table_args__ = (Index("premise_search", "search", postgresql_using="gin"),)


class ServicePoint(TableRow, table=True):
    """A metered point at a premise."""

    __tablename__ = "service_point"

    cis_service_point_id: str = Field(sa_column=primary_key_column())
    cis_premise_id: str = Field(sa_column=foreign_key_column("premise.cis_premise_id", index=True))
    cis_account_id: str = Field(sa_column=foreign_key_column("account.cis_account_id", index=True))
    customer_class: CustomerClass = Field(sa_column=enum_column(CustomerClass))
    tariff: str = Field(sa_column=text_column())
    meter_type: MeterType = Field(sa_column=enum_column(MeterType))
    phase_count: int
    feeder: str | None = Field(default=None, sa_column=text_column(nullable=True))
    transformer: str | None = Field(default=None, sa_column=text_column(nullable=True))
    substation: str | None = Field(default=None, sa_column=text_column(nullable=True))
    latitude: float | None = Field(default=None, sa_column=Column(Float, nullable=True))
    longitude: float | None = Field(default=None, sa_column=Column(Float, nullable=True))
    critical: bool
    effective_from: date
    effective_to: date | None = None

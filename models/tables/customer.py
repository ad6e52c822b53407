"""What the CIS tells us: customers, accounts, premises, service points. We receive them; we never invent one."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Float, Index
from sqlmodel import Field

from models.states import AccountStatus, CustomerClass, MeterType, PremiseType
from models.tables.columns import instant, key, one_of, reference, searchable, text
from models.tables.stored import Stored


class Customer(Stored, table=True):
    """A person or business."""

    __tablename__ = "customer"

    id: str = Field(sa_column=key())
    cis_person_id: str = Field(sa_column=text(unique=True))
    name: str = Field(sa_column=text())
    email: str | None = Field(default=None, sa_column=text(nullable=True))
    phone: str | None = Field(default=None, sa_column=text(nullable=True))
    language: str = Field(sa_column=text())
    created_at: datetime = Field(sa_column=instant())
    updated_at: datetime = Field(sa_column=instant())

    search: Any = Field(
        default=None,
        sa_column=searchable("((name || ' '::text) || COALESCE(email, ''::text))"),
    )

    __table_args__ = (Index("customer_search", "search", postgresql_using="gin"),)


class Account(Stored, table=True):
    """A billing account."""

    __tablename__ = "account"

    cis_account_id: str = Field(sa_column=key())
    customer_id: str = Field(sa_column=reference("customer.id", index=True))
    status: AccountStatus = Field(sa_column=one_of(AccountStatus))


class Premise(Stored, table=True):
    """An address where service is delivered."""

    __tablename__ = "premise"

    cis_premise_id: str = Field(sa_column=key())
    address_line_1: str = Field(sa_column=text())
    address_line_2: str | None = Field(default=None, sa_column=text(nullable=True))
    city: str = Field(sa_column=text())
    region: str = Field(sa_column=text())
    postal_code: str = Field(sa_column=text())
    country: str = Field(sa_column=text())
    time_zone: str = Field(sa_column=text())
    premise_type: PremiseType = Field(sa_column=one_of(PremiseType))
    owner_occupied: bool

    search: Any = Field(
        default=None,
        sa_column=searchable("((((address_line_1 || ' '::text) || city) || ' '::text) || postal_code)"),
    )

    __table_args__ = (Index("premise_search", "search", postgresql_using="gin"),)


class ServicePoint(Stored, table=True):
    """A metered point at a premise."""

    __tablename__ = "service_point"

    cis_service_point_id: str = Field(sa_column=key())
    cis_premise_id: str = Field(sa_column=reference("premise.cis_premise_id", index=True))
    cis_account_id: str = Field(sa_column=reference("account.cis_account_id", index=True))
    customer_class: CustomerClass = Field(sa_column=one_of(CustomerClass))
    tariff: str = Field(sa_column=text())
    meter_type: MeterType = Field(sa_column=one_of(MeterType))
    phase_count: int
    feeder: str | None = Field(default=None, sa_column=text(nullable=True))
    transformer: str | None = Field(default=None, sa_column=text(nullable=True))
    substation: str | None = Field(default=None, sa_column=text(nullable=True))
    latitude: float | None = Field(default=None, sa_column=Column(Float, nullable=True))
    longitude: float | None = Field(default=None, sa_column=Column(Float, nullable=True))
    critical: bool
    effective_from: date
    effective_to: date | None = None

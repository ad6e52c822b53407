"""The request to take part in a program."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Index, Integer, UniqueConstraint
from sqlalchemy import text as sql
from sqlmodel import Field

from models.classifications import AssetOwnership, Channel, InstallationMethod
from models.states.enrollment import EnrollmentState
from models.tables.columns import (
    TableRow,
    enum_column,
    foreign_key_column,
    json_column,
    power_column,
    primary_key_column,
    text_column,
    timestamp_column,
)


class Enrollment(TableRow, table=True):
    """One request. `application` holds what was asked as it was asked; `decision` what the rules said of it."""

    __tablename__ = "enrollment"

    id: str = Field(sa_column=primary_key_column())
    requester: str = Field(sa_column=text_column())
    transaction_id: str = Field(sa_column=text_column())
    idempotency_key: str | None = Field(default=None, sa_column=text_column(nullable=True))
    content_hash: str = Field(sa_column=text_column())
    channel: Channel = Field(sa_column=enum_column(Channel))
    customer_id: str = Field(sa_column=foreign_key_column("customer.id", index=True))
    account: str = Field(sa_column=foreign_key_column("account.cis_account_id", index=True))
    service_point: str = Field(sa_column=foreign_key_column("service_point.cis_service_point_id", index=True))
    program: str = Field(sa_column=foreign_key_column("program_capacity.program"))
    catalog_version: int = Field(foreign_key="catalog_version.version")
    installation_method: InstallationMethod = Field(sa_column=enum_column(InstallationMethod))
    asset_ownership: AssetOwnership = Field(sa_column=enum_column(AssetOwnership))
    start_at: datetime = Field(sa_column=timestamp_column())
    application: Any = Field(sa_column=json_column())
    state: EnrollmentState = Field(sa_column=enum_column(EnrollmentState))
    resume_state: str | None = Field(default=None, sa_column=text_column(nullable=True))
    reason: str | None = Field(default=None, sa_column=text_column(nullable=True))
    decision: Any = Field(default=None, sa_column=json_column(nullable=True))
    needed_devices: int = 0
    needed_kw: Decimal = Field(default=Decimal(0), sa_column=power_column())
    submitted_at: datetime = Field(sa_column=timestamp_column())
    updated_at: datetime = Field(sa_column=timestamp_column())
    waitlisted_at: datetime | None = Field(default=None, sa_column=timestamp_column(nullable=True))
    version: int = Field(default=1, sa_column=Column(Integer, nullable=False, default=1))

    __table_args__ = (
        UniqueConstraint("requester", "transaction_id", name="enrollment_transaction_once"),
        UniqueConstraint("requester", "idempotency_key", name="enrollment_idempotency_key_once"),
        Index("enrollment_program_state", "program", "state", "id"),
        Index("enrollment_program", "program", "id"),
        Index("enrollment_state", "state", "id"),
        Index("enrollment_transaction", "transaction_id", "id"),
        Index("enrollment_needs_attention", "updated_at", "id", postgresql_where=sql("state = 'needs_attention'")),
        Index(
            "enrollment_open",
            "id",
            postgresql_where=sql("state NOT IN ('enrolled', 'rejected', 'cancelled', 'expired')"),
        ),
        Index("enrollment_waitlist", "program", "waitlisted_at", postgresql_where=sql("state = 'waitlisted'")),
    )

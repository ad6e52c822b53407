"""Help with an enrolled device."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Integer, UniqueConstraint
from sqlalchemy import text as sql
from sqlmodel import Field

from models.classifications import Channel
from models.states.service_call import ServiceCallState
from models.tables.columns import (
    TableRow,
    enum_column,
    foreign_key_column,
    json_column,
    primary_key_column,
    text_column,
    timestamp_column,
)


class ServiceCall(TableRow, table=True):
    """One call. `application` holds what was reported and asked for; `replaced_by` the device that came instead."""

    __tablename__ = "service_call"

    id: str = Field(sa_column=primary_key_column())
    requester: str = Field(sa_column=text_column())
    transaction_id: str = Field(sa_column=text_column())
    idempotency_key: str | None = Field(default=None, sa_column=text_column(nullable=True))
    content_hash: str = Field(sa_column=text_column())
    channel: Channel = Field(sa_column=enum_column(Channel))
    subscription_id: str = Field(sa_column=foreign_key_column("program_subscription.id", index=True))
    device_id: str = Field(sa_column=foreign_key_column("device.id"))
    enrollment_id: str = Field(sa_column=foreign_key_column("enrollment.id", index=True))
    customer_id: str = Field(sa_column=foreign_key_column("customer.id", index=True))
    account: str = Field(sa_column=text_column())
    program: str = Field(sa_column=text_column())
    catalog_version: int = Field(foreign_key="catalog_version.version")
    application: Any = Field(sa_column=json_column())
    action: Any = Field(default=None, sa_column=json_column(nullable=True))
    """What was chosen and is still to be done or under way; none while it is being looked at."""
    state: ServiceCallState = Field(sa_column=enum_column(ServiceCallState))
    resume_state: str | None = Field(default=None, sa_column=text_column(nullable=True))
    reason: str | None = Field(default=None, sa_column=text_column(nullable=True))
    outcome: str | None = Field(default=None, sa_column=text_column(nullable=True))
    replaced_by: str | None = Field(default=None, sa_column=foreign_key_column("device.id", nullable=True))
    submitted_at: datetime = Field(sa_column=timestamp_column())
    updated_at: datetime = Field(sa_column=timestamp_column())
    version: int = Field(default=1, sa_column=Column(Integer, nullable=False, default=1))

    __table_args__ = (
        UniqueConstraint("requester", "transaction_id", name="service_call_transaction_once"),
        UniqueConstraint("requester", "idempotency_key", name="service_call_idempotency_key_once"),
        Index("service_call_state", "state", "id"),
        Index("service_call_program", "program", "id"),
        Index("service_call_device", "device_id", "id"),
        Index("service_call_replaced", "id", postgresql_where=sql("replaced_by IS NOT NULL")),
        Index("service_call_needs_attention", "updated_at", "id", postgresql_where=sql("state = 'needs_attention'")),
        Index("service_call_open", "id", postgresql_where=sql("state NOT IN ('closed', 'cancelled')")),
        Index(
            "one_open_service_call_per_device",
            "device_id",
            unique=True,
            postgresql_where=sql("state NOT IN ('closed', 'cancelled')"),
        ),
    )

"""Help with an enrolled device."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Integer, UniqueConstraint
from sqlalchemy import text as sql
from sqlmodel import Field

from models.states import Channel
from models.tables.columns import document, instant, key, one_of, reference, text
from models.tables.stored import Stored
from models.task_states import ServiceCallState


class ServiceCall(Stored, table=True):
    """One call. `application` holds what was reported and asked for; `replaced_by` the device that came instead."""

    __tablename__ = "service_call"

    id: str = Field(sa_column=key())
    requester: str = Field(sa_column=text())
    transaction_id: str = Field(sa_column=text())
    idempotency_key: str | None = Field(default=None, sa_column=text(nullable=True))
    content_hash: str = Field(sa_column=text())
    channel: Channel = Field(sa_column=one_of(Channel))
    subscription_id: str = Field(sa_column=reference("program_subscription.id", index=True))
    device_id: str = Field(sa_column=reference("device.id"))
    enrollment_id: str = Field(sa_column=reference("enrollment.id", index=True))
    customer_id: str = Field(sa_column=reference("customer.id", index=True))
    account: str = Field(sa_column=text())
    program: str = Field(sa_column=text())
    catalog_version: int = Field(foreign_key="catalog_version.version")
    application: Any = Field(sa_column=document())
    action: Any = Field(default=None, sa_column=document(nullable=True))
    """What was chosen and is still to be done or under way; none while it is being looked at."""
    state: ServiceCallState = Field(sa_column=one_of(ServiceCallState))
    resume_state: str | None = Field(default=None, sa_column=text(nullable=True))
    reason: str | None = Field(default=None, sa_column=text(nullable=True))
    outcome: str | None = Field(default=None, sa_column=text(nullable=True))
    replaced_by: str | None = Field(default=None, sa_column=reference("device.id", nullable=True))
    submitted_at: datetime = Field(sa_column=instant())
    updated_at: datetime = Field(sa_column=instant())
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

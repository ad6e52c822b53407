"""The request to leave a program, with all devices or some."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Integer, UniqueConstraint
from sqlalchemy import text as sql
from sqlmodel import Field

from models.classifications import Channel
from models.states.unenrollment import UnenrollmentState
from models.tables.columns import (
    TableRow,
    enum_column,
    foreign_key_column,
    json_column,
    primary_key_column,
    text_column,
    timestamp_column,
    value_list_column,
)
from models.unenrolling_device import UnenrollingDevice


class Unenrollment(TableRow, table=True):
    """One request. `application` holds what was asked, `decision` what the rules said of it, `devices` how each device
    leaves and how far it is."""

    __tablename__ = "unenrollment"

    id: str = Field(sa_column=primary_key_column())
    requester: str = Field(sa_column=text_column())
    transaction_id: str = Field(sa_column=text_column())
    idempotency_key: str | None = Field(default=None, sa_column=text_column(nullable=True))
    content_hash: str = Field(sa_column=text_column())
    """Of the request, so that the same again is known."""
    cis_said: str | None = Field(default=None, sa_column=text_column(nullable=True))
    """Of one that the CIS caused: what it said last of who takes part, in short, so that the same news is known. That
    changes with the news; of each subscription the newest one's counts."""
    channel: Channel = Field(sa_column=enum_column(Channel))
    subscription_id: str = Field(sa_column=foreign_key_column("program_subscription.id"))
    enrollment_id: str = Field(sa_column=foreign_key_column("enrollment.id", index=True))
    customer_id: str = Field(sa_column=foreign_key_column("customer.id", index=True))
    account: str = Field(sa_column=text_column())
    program: str = Field(sa_column=text_column())
    catalog_version: int = Field(foreign_key="catalog_version.version")
    reason_code: str | None = Field(default=None, sa_column=text_column(nullable=True))
    effective_at: datetime = Field(sa_column=timestamp_column())
    application: Any = Field(sa_column=json_column())
    decision: Any = Field(default=None, sa_column=json_column(nullable=True))
    devices: tuple[UnenrollingDevice, ...] = Field(sa_column=value_list_column(UnenrollingDevice))
    whole: bool
    """Every device of the subscription leaves, so that it ends."""
    state: UnenrollmentState = Field(sa_column=enum_column(UnenrollmentState))
    resume_state: str | None = Field(default=None, sa_column=text_column(nullable=True))
    reason: str | None = Field(default=None, sa_column=text_column(nullable=True))
    submitted_at: datetime = Field(sa_column=timestamp_column())
    updated_at: datetime = Field(sa_column=timestamp_column())
    version: int = Field(default=1, sa_column=Column(Integer, nullable=False, default=1))

    __table_args__ = (
        UniqueConstraint("requester", "transaction_id", name="unenrollment_transaction_once"),
        UniqueConstraint("requester", "idempotency_key", name="unenrollment_idempotency_key_once"),
        Index("unenrollment_state", "state", "id"),
        Index("unenrollment_program", "program", "id"),
        Index("unenrollment_subscription", "subscription_id", "id"),
        Index("unenrollment_account", "account", "id"),
        Index("unenrollment_transaction", "transaction_id", "id"),
        Index(
            "unenrollment_awaits_a_person",
            "state",
            "updated_at",
            "id",
            postgresql_where=sql("state IN ('needs_attention', 'recovery_pending', 'awaiting_approval')"),
        ),
        Index("unenrollment_open", "id", postgresql_where=sql("state NOT IN ('unenrolled', 'rejected', 'cancelled')")),
        Index(
            "one_open_unenrollment_per_subscription",
            "subscription_id",
            unique=True,
            postgresql_where=sql("state NOT IN ('unenrolled', 'rejected', 'cancelled')"),
        ),
    )

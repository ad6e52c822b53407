"""The request to leave a program, with all devices or some."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Integer, UniqueConstraint
from sqlalchemy import text as sql
from sqlmodel import Field

from models.states import Channel
from models.tables.columns import document, instant, key, one_of, reference, text
from models.tables.stored import Stored
from models.task_states import UnenrollmentState


class Unenrollment(Stored, table=True):
    """One request. `application` holds what was asked, `decision` what the rules said of it, `devices` how each device
    leaves and how far it is."""

    __tablename__ = "unenrollment"

    id: str = Field(sa_column=key())
    requester: str = Field(sa_column=text())
    transaction_id: str = Field(sa_column=text())
    idempotency_key: str | None = Field(default=None, sa_column=text(nullable=True))
    content_hash: str = Field(sa_column=text())
    """Of the request, so that the same again is known."""
    cis_said: str | None = Field(default=None, sa_column=text(nullable=True))
    """Of one that the CIS caused: what it said last of who takes part, in short, so that the same news is known. That
    changes with the news; of each subscription the newest one's counts."""
    channel: Channel = Field(sa_column=one_of(Channel))
    subscription_id: str = Field(sa_column=reference("program_subscription.id"))
    enrollment_id: str = Field(sa_column=reference("enrollment.id", index=True))
    customer_id: str = Field(sa_column=reference("customer.id", index=True))
    account: str = Field(sa_column=text())
    program: str = Field(sa_column=text())
    catalog_version: int = Field(foreign_key="catalog_version.version")
    reason_code: str | None = Field(default=None, sa_column=text(nullable=True))
    effective_at: datetime = Field(sa_column=instant())
    application: Any = Field(sa_column=document())
    decision: Any = Field(default=None, sa_column=document(nullable=True))
    devices: Any = Field(sa_column=document())
    whole: bool
    """Every device of the subscription leaves, so that it ends."""
    state: UnenrollmentState = Field(sa_column=one_of(UnenrollmentState))
    resume_state: str | None = Field(default=None, sa_column=text(nullable=True))
    reason: str | None = Field(default=None, sa_column=text(nullable=True))
    submitted_at: datetime = Field(sa_column=instant())
    updated_at: datetime = Field(sa_column=instant())
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

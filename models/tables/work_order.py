"""Work for technicians, and what they report."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Column, Index, Integer
from sqlalchemy import text as sql
from sqlmodel import Field

from models.classifications import AssetOwnership
from models.states.work_order import CompletionOutcome, WorkOrderKind, WorkOrderState
from models.tables.columns import (
    TableRow,
    enum_column,
    foreign_key_column,
    json_column,
    primary_key_column,
    text_column,
    timestamp_column,
)


class WorkOrder(TableRow, table=True):
    """One order; a visit that came to nothing is followed by another `attempt` on the same number."""

    __tablename__ = "work_order"

    id: str = Field(sa_column=primary_key_column())
    number: str = Field(sa_column=text_column(unique=True))
    kind: WorkOrderKind = Field(sa_column=enum_column(WorkOrderKind))
    journey: str = Field(sa_column=text_column(index=True))
    workflow_id: str = Field(sa_column=text_column())
    enrollment_id: str = Field(sa_column=foreign_key_column("enrollment.id", index=True))
    subscription_id: str = Field(sa_column=foreign_key_column("program_subscription.id", index=True))
    device_id: str | None = Field(default=None, sa_column=foreign_key_column("device.id", nullable=True))
    program: str = Field(sa_column=text_column())
    catalog_version: int = Field(foreign_key="catalog_version.version")
    customer_id: str = Field(sa_column=foreign_key_column("customer.id", index=True))
    service_point: str = Field(sa_column=foreign_key_column("service_point.cis_service_point_id"))
    ownership: AssetOwnership = Field(sa_column=enum_column(AssetOwnership))
    priority: str = Field(sa_column=text_column())
    reason: str = Field(sa_column=text_column())
    contact_phone: str | None = Field(default=None, sa_column=text_column(nullable=True))
    access_notes: str | None = Field(default=None, sa_column=text_column(nullable=True))
    wished_start: datetime | None = Field(default=None, sa_column=timestamp_column(nullable=True))
    wished_end: datetime | None = Field(default=None, sa_column=timestamp_column(nullable=True))
    appointment_start: datetime | None = Field(default=None, sa_column=timestamp_column(nullable=True))
    appointment_end: datetime | None = Field(default=None, sa_column=timestamp_column(nullable=True))
    technician: str | None = Field(default=None, sa_column=text_column(nullable=True))
    state: WorkOrderState = Field(sa_column=enum_column(WorkOrderState))
    attempt: int = Field(default=1, sa_column=Column(Integer, nullable=False, default=1))
    maximum_attempts: int
    outcome: str | None = Field(default=None, sa_column=text_column(nullable=True))
    sent_back: str | None = Field(default=None, sa_column=text_column(nullable=True))
    called_off: str | None = Field(default=None, sa_column=text_column(nullable=True))
    """Why what it was made for ended while a technician was on the way: a report changes nothing any more."""
    unclaimed: str | None = Field(default=None, sa_column=text_column(nullable=True))
    """What was done on site that no request stands for any more; null once a person settled it."""
    reminders: int = 0
    escalated_at: datetime | None = Field(default=None, sa_column=timestamp_column(nullable=True))
    dispatch_reference: str | None = Field(default=None, sa_column=text_column(nullable=True))
    created_at: datetime = Field(sa_column=timestamp_column())
    updated_at: datetime = Field(sa_column=timestamp_column())
    version: int = Field(default=1, sa_column=Column(Integer, nullable=False, default=1))

    __table_args__ = (
        CheckConstraint("attempt >= 1 AND maximum_attempts >= 1 AND reminders >= 0", name="work_order_counts"),
        CheckConstraint("appointment_end > appointment_start", name="an_appointment_ends_after_it_starts"),
        Index("work_order_state", "state", "id"),
        Index("work_order_kind", "kind", "id"),
        Index("work_order_program", "program", "id"),
        Index("work_order_technician", "technician", "id"),
        Index(
            "work_order_escalated",
            "escalated_at",
            "id",
            postgresql_where=sql(
                "escalated_at IS NOT NULL AND called_off IS NULL"
                " AND state NOT IN ('completed', 'cancelled', 'incomplete')"
            ),
        ),
        Index("work_order_unclaimed", "updated_at", "id", postgresql_where=sql("unclaimed IS NOT NULL")),
        Index(
            "one_open_work_order_per_journey",
            "journey",
            "device_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=sql("state NOT IN ('completed', 'cancelled')"),
        ),
    )


class WorkOrderCompletion(TableRow, table=True):
    """What a technician reported, kept once each, taken or sent back."""

    __tablename__ = "work_order_completion"

    completion_id: str = Field(sa_column=primary_key_column())
    work_order_id: str = Field(sa_column=foreign_key_column("work_order.id", index=True))
    attempt: int
    outcome: CompletionOutcome = Field(sa_column=enum_column(CompletionOutcome))
    body: Any = Field(sa_column=json_column())
    content_hash: str = Field(sa_column=text_column())
    received_at: datetime = Field(sa_column=timestamp_column())
    verdict: str | None = Field(default=None, sa_column=text_column(nullable=True))
    """Null until the workflow has processed it; then `taken`, or why it was sent back or ignored."""

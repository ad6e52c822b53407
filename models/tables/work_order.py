"""Work for technicians, and what they report."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Column, Index, Integer
from sqlalchemy import text as sql
from sqlmodel import Field

from models.states import AssetOwnership
from models.tables.columns import document, instant, key, one_of, reference, text
from models.tables.stored import Stored
from models.task_states import CompletionOutcome, WorkOrderKind, WorkOrderState


class WorkOrder(Stored, table=True):
    """One order; a visit that came to nothing is followed by another `attempt` on the same number."""

    __tablename__ = "work_order"

    id: str = Field(sa_column=key())
    number: str = Field(sa_column=text(unique=True))
    kind: WorkOrderKind = Field(sa_column=one_of(WorkOrderKind))
    journey: str = Field(sa_column=text(index=True))
    workflow_id: str = Field(sa_column=text())
    enrollment_id: str = Field(sa_column=reference("enrollment.id", index=True))
    subscription_id: str = Field(sa_column=reference("program_subscription.id", index=True))
    device_id: str | None = Field(default=None, sa_column=reference("device.id", nullable=True))
    program: str = Field(sa_column=text())
    catalog_version: int = Field(foreign_key="catalog_version.version")
    customer_id: str = Field(sa_column=reference("customer.id", index=True))
    service_point: str = Field(sa_column=reference("service_point.cis_service_point_id"))
    ownership: AssetOwnership = Field(sa_column=one_of(AssetOwnership))
    priority: str = Field(sa_column=text())
    reason: str = Field(sa_column=text())
    contact_phone: str | None = Field(default=None, sa_column=text(nullable=True))
    access_notes: str | None = Field(default=None, sa_column=text(nullable=True))
    wished_start: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    wished_end: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    appointment_start: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    appointment_end: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    technician: str | None = Field(default=None, sa_column=text(nullable=True))
    state: WorkOrderState = Field(sa_column=one_of(WorkOrderState))
    attempt: int = Field(default=1, sa_column=Column(Integer, nullable=False, default=1))
    maximum_attempts: int
    outcome: str | None = Field(default=None, sa_column=text(nullable=True))
    sent_back: str | None = Field(default=None, sa_column=text(nullable=True))
    called_off: str | None = Field(default=None, sa_column=text(nullable=True))
    """Why what it was made for ended while a technician was on the way: a report changes nothing any more."""
    unclaimed: str | None = Field(default=None, sa_column=text(nullable=True))
    """What was done on site that no request stands for any more; null once a person settled it."""
    reminders: int = 0
    escalated_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    dispatch_reference: str | None = Field(default=None, sa_column=text(nullable=True))
    created_at: datetime = Field(sa_column=instant())
    updated_at: datetime = Field(sa_column=instant())
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


class WorkOrderCompletion(Stored, table=True):
    """What a technician reported, kept once each, taken or sent back."""

    __tablename__ = "work_order_completion"

    completion_id: str = Field(sa_column=key())
    work_order_id: str = Field(sa_column=reference("work_order.id", index=True))
    attempt: int
    outcome: CompletionOutcome = Field(sa_column=one_of(CompletionOutcome))
    body: Any = Field(sa_column=document())
    content_hash: str = Field(sa_column=text())
    received_at: datetime = Field(sa_column=instant())
    verdict: str | None = Field(default=None, sa_column=text(nullable=True))
    """Null until the flow has looked at it; then `taken`, or why it was sent back or ignored."""

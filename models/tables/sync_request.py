"""What the DERMS must know, and what it said."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, UniqueConstraint
from sqlalchemy import text as sql
from sqlmodel import Field

from models.states import SyncKind, SyncState
from models.tables.columns import document, instant, key, one_of, reference, text
from models.tables.stored import Stored


class SyncRequest(Stored, table=True):
    """One change of a subscription. `revision` grows when a corrected snapshot is to be sent: one key, one meaning."""

    __tablename__ = "sync_request"

    id: str = Field(sa_column=key())
    kind: SyncKind = Field(sa_column=one_of(SyncKind))
    subscription_id: str = Field(sa_column=reference("program_subscription.id"))
    sequence: int
    enrollment_id: str = Field(sa_column=reference("enrollment.id", index=True))
    journey: str = Field(sa_column=text(index=True))
    workflow_id: str = Field(sa_column=text())
    program: str = Field(sa_column=text())
    state: SyncState = Field(sa_column=one_of(SyncState))
    revision: int = Field(default=1, sa_column=Column(Integer, nullable=False, default=1))
    endpoint: str = Field(default="", sa_column=text())
    snapshot: Any = Field(sa_column=document())
    snapshot_hash: str = Field(sa_column=text())
    held: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, default=False))
    """Not to be sent before a batch releases it: the program's sync policy is batched."""
    note: str | None = Field(default=None, sa_column=text(nullable=True))
    """Why it was discarded or given up, or what holds it up."""
    attempts: int = 0
    error_code: str | None = Field(default=None, sa_column=text(nullable=True))
    error_text: str | None = Field(default=None, sa_column=text(nullable=True))
    acknowledgement: Any = Field(default=None, sa_column=document(nullable=True))
    acknowledged_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    created_at: datetime = Field(sa_column=instant())
    updated_at: datetime = Field(sa_column=instant())

    __table_args__ = (
        UniqueConstraint("subscription_id", "sequence", name="sync_requests_of_a_subscription_are_in_order"),
        CheckConstraint("sequence >= 1 AND revision >= 1 AND attempts >= 0", name="sync_request_counts"),
        Index("sync_request_state", "state", "id"),
        Index("sync_request_program_state", "program", "state", "id"),
        Index("sync_request_program", "program", "id"),
        Index("sync_request_kind", "kind", "id"),
        Index("sync_request_error_code", "error_code", "id", postgresql_where=sql("error_code IS NOT NULL")),
        Index("sync_request_held", "id", postgresql_where=sql("held")),
        Index("sync_request_held_program", "program", "id", postgresql_where=sql("held")),
        Index("sync_request_in_error", "updated_at", "id", postgresql_where=sql("state = 'error'")),
        Index(
            "sync_request_awaiting",
            "updated_at",
            "id",
            postgresql_where=sql("state = 'awaiting_acknowledgement'"),
        ),
        Index(
            "sync_request_held_up",
            "updated_at",
            "id",
            postgresql_where=sql("state = 'pending' AND NOT held AND sequence > 1"),
        ),
        Index(
            "sync_request_open",
            "id",
            postgresql_where=sql("state NOT IN ('synchronized', 'discarded', 'cancelled')"),
        ),
        Index(
            "sync_request_on_its_way_alone",
            "subscription_id",
            unique=True,
            postgresql_where=sql("state IN ('sending', 'awaiting_acknowledgement')"),
        ),
    )

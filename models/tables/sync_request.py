"""What the DERMS must know, and what it said."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, UniqueConstraint
from sqlalchemy import text as sql
from sqlmodel import Field

from models.states.sync_request import SyncKind, SyncState
from models.tables.columns import (
    TableRow,
    enum_column,
    foreign_key_column,
    json_column,
    primary_key_column,
    text_column,
    timestamp_column,
)


class SyncRequest(TableRow, table=True):
    """One change of a subscription. `revision` grows when a corrected snapshot is to be sent: one key, one meaning."""

    __tablename__ = "sync_request"

    id: str = Field(sa_column=primary_key_column())
    kind: SyncKind = Field(sa_column=enum_column(SyncKind))
    subscription_id: str = Field(sa_column=foreign_key_column("program_subscription.id"))
    sequence: int
    enrollment_id: str = Field(sa_column=foreign_key_column("enrollment.id", index=True))
    journey: str = Field(sa_column=text_column(index=True))
    workflow_id: str = Field(sa_column=text_column())
    program: str = Field(sa_column=text_column())
    state: SyncState = Field(sa_column=enum_column(SyncState))
    revision: int = Field(default=1, sa_column=Column(Integer, nullable=False, default=1))
    endpoint: str = Field(default="", sa_column=text_column())
    snapshot: Any = Field(sa_column=json_column())
    snapshot_hash: str = Field(sa_column=text_column())
    held: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, default=False))
    """Not to be sent before a batch releases it: the program's sync policy is batched."""
    note: str | None = Field(default=None, sa_column=text_column(nullable=True))
    """Why it was discarded or given up, or what holds it up."""
    attempts: int = 0
    error_code: str | None = Field(default=None, sa_column=text_column(nullable=True))
    error_text: str | None = Field(default=None, sa_column=text_column(nullable=True))
    acknowledgement: Any = Field(default=None, sa_column=json_column(nullable=True))
    acknowledged_at: datetime | None = Field(default=None, sa_column=timestamp_column(nullable=True))
    created_at: datetime = Field(sa_column=timestamp_column())
    updated_at: datetime = Field(sa_column=timestamp_column())

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

"""Runs of the batches: what each did, while it does it and afterwards."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlmodel import Field

from models.states.batch_run import BatchRunState
from models.tables.columns import TableRow, enum_column, json_column, primary_key_column, text_column, timestamp_column


class BatchRun(TableRow, table=True):
    """One run; `counts` grows while it runs."""

    __tablename__ = "batch_run"

    id: str = Field(sa_column=primary_key_column())
    name: str = Field(sa_column=text_column())
    workflow_id: str = Field(sa_column=text_column(unique=True))
    started_by: str = Field(sa_column=text_column())
    idempotency_key: str | None = Field(default=None, sa_column=text_column(nullable=True))
    state: BatchRunState = Field(sa_column=enum_column(BatchRunState))
    page: int = 1
    """The page to do next, so that none is done twice."""
    step: str | None = Field(default=None, sa_column=text_column(nullable=True))
    cursor: str = Field(default="", sa_column=text_column())
    counts: Any = Field(sa_column=json_column())
    findings: Any = Field(sa_column=json_column())
    reason: str | None = Field(default=None, sa_column=text_column(nullable=True))
    started_at: datetime = Field(sa_column=timestamp_column())
    updated_at: datetime = Field(sa_column=timestamp_column())
    finished_at: datetime | None = Field(default=None, sa_column=timestamp_column(nullable=True))

    __table_args__ = (
        UniqueConstraint("started_by", "idempotency_key", name="batch_run_idempotency_key_once"),
        Index("batch_run_name", "name", "id"),
        Index("batch_run_running", "name", "updated_at", postgresql_where=sql("state = 'running'")),
    )

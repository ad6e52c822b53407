"""Runs of the batches: what each did, while it does it and afterwards."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlmodel import Field

from models.tables.columns import document, instant, key, one_of, text
from models.tables.stored import Stored
from models.task_states import BatchRunState


class BatchRun(Stored, table=True):
    """One run; `counts` grows while it runs."""

    __tablename__ = "batch_run"

    id: str = Field(sa_column=key())
    name: str = Field(sa_column=text())
    workflow_id: str = Field(sa_column=text(unique=True))
    started_by: str = Field(sa_column=text())
    idempotency_key: str | None = Field(default=None, sa_column=text(nullable=True))
    state: BatchRunState = Field(sa_column=one_of(BatchRunState))
    page: int = 1
    """The page to do next, so that none is done twice."""
    step: str | None = Field(default=None, sa_column=text(nullable=True))
    cursor: str = Field(default="", sa_column=text())
    counts: Any = Field(sa_column=document())
    findings: Any = Field(sa_column=document())
    reason: str | None = Field(default=None, sa_column=text(nullable=True))
    started_at: datetime = Field(sa_column=instant())
    updated_at: datetime = Field(sa_column=instant())
    finished_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))

    __table_args__ = (
        UniqueConstraint("started_by", "idempotency_key", name="batch_run_idempotency_key_once"),
        Index("batch_run_name", "name", "id"),
        Index("batch_run_running", "name", "updated_at", postgresql_where=sql("state = 'running'")),
    )

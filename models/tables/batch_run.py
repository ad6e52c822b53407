"""Runs of the batches: what each did, while it does it and afterwards."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
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
    state: BatchRunState = Field(sa_column=one_of(BatchRunState))
    counts: Any = Field(sa_column=document())
    findings: Any = Field(sa_column=document())
    reason: str | None = Field(default=None, sa_column=text(nullable=True))
    started_at: datetime = Field(sa_column=instant())
    updated_at: datetime = Field(sa_column=instant())
    finished_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))

    __table_args__ = (Index("batch_run_name", "name", "id"),)

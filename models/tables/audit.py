"""Who did what to what, when and why. Append only: the database refuses to change or delete an entry."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Index
from sqlmodel import Field

from models.tables.columns import TableRow, json_column, text_column, timestamp_column


class AuditEntry(TableRow, table=True):
    """One change of one entity. `journey` is the request it belongs to, so that its timeline is one read."""

    __tablename__ = "audit_entry"

    id: int = Field(sa_column=Column(BigInteger, Identity(), primary_key=True))
    at: datetime = Field(sa_column=timestamp_column())
    actor: str = Field(sa_column=text_column())
    role: str = Field(sa_column=text_column())
    subject: str = Field(sa_column=text_column())
    journey: str = Field(sa_column=text_column())
    action: str = Field(sa_column=text_column())
    before: str | None = Field(default=None, sa_column=text_column(nullable=True))
    after: str | None = Field(default=None, sa_column=text_column(nullable=True))
    reason: str = Field(default="", sa_column=text_column())
    details: Any = Field(default=None, sa_column=json_column(nullable=True))

    __table_args__ = (Index("audit_entry_journey", "journey", "id"), Index("audit_entry_subject", "subject", "id"))

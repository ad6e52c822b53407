"""Who did what to what, when and why. Append only: the database refuses to change or delete an entry."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Index
from sqlmodel import Field

from models.tables.columns import document, instant, text
from models.tables.stored import Stored


class AuditEntry(Stored, table=True):
    """One change of one entity. `journey` is the request it belongs to, so that its timeline is one read."""

    __tablename__ = "audit_entry"

    id: int = Field(sa_column=Column(BigInteger, Identity(), primary_key=True))
    at: datetime = Field(sa_column=instant())
    actor: str = Field(sa_column=text())
    role: str = Field(sa_column=text())
    subject: str = Field(sa_column=text())
    journey: str = Field(sa_column=text())
    action: str = Field(sa_column=text())
    before: str | None = Field(default=None, sa_column=text(nullable=True))
    after: str | None = Field(default=None, sa_column=text(nullable=True))
    reason: str = Field(default="", sa_column=text())
    details: Any = Field(default=None, sa_column=document(nullable=True))

    __table_args__ = (Index("audit_entry_journey", "journey", "id"), Index("audit_entry_subject", "subject", "id"))

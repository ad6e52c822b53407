"""What waits to go out to the flows, what came in from the DERMS."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Index
from sqlmodel import Field

from models.tables.columns import document, instant, key, text
from models.tables.stored import Stored


class OutboxMessage(Stored, table=True):
    """A start or a signal that a flow must get. Written with the change that causes it, deleted when delivered."""

    __tablename__ = "outbox_message"

    id: int = Field(sa_column=Column(BigInteger, Identity(), primary_key=True))
    kind: str = Field(sa_column=text())
    workflow_id: str = Field(sa_column=text())
    name: str = Field(sa_column=text())
    payload: Any = Field(sa_column=document())
    created_at: datetime = Field(sa_column=instant())
    due_at: datetime = Field(sa_column=instant())
    attempts: int = 0

    __table_args__ = (Index("outbox_message_due", "due_at", "id"), Index("outbox_message_flow", "workflow_id", "id"))


class InboxMessage(Stored, table=True):
    """An acknowledgement as it came. Its id is unique, so that the same one twice is one; kept whatever came of it."""

    __tablename__ = "inbox_message"

    message_id: str = Field(sa_column=key())
    sync_request_id: str = Field(sa_column=text(index=True))
    body: Any = Field(sa_column=document())
    received_at: datetime = Field(sa_column=instant())
    outcome: str | None = Field(default=None, sa_column=text(nullable=True))

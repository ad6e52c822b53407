"""What waits to go out to the flows, what came in from the DERMS."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Index
from sqlalchemy import text as sql
from sqlmodel import Field

from models.states import OutboxState
from models.tables.columns import document, instant, key, one_of, text
from models.tables.stored import Stored


class OutboxMessage(Stored, table=True):
    """A start or a signal that a workflow must get. Written with the change that causes it, deleted when delivered.

    One that Temporal will never take is `undeliverable` and stays until a person sends it again or gives it up.
    """

    __tablename__ = "outbox_message"

    id: int = Field(sa_column=Column(BigInteger, Identity(), primary_key=True))
    kind: str = Field(sa_column=text())
    workflow_id: str = Field(sa_column=text())
    name: str = Field(sa_column=text())
    payload: Any = Field(sa_column=document())
    created_at: datetime = Field(sa_column=instant())
    due_at: datetime = Field(sa_column=instant())
    attempts: int = 0
    state: OutboxState = Field(default=OutboxState.WAITING, sa_column=one_of(OutboxState))
    error: str | None = Field(default=None, sa_column=text(nullable=True))

    __table_args__ = (
        Index("outbox_message_due", "due_at", "id", postgresql_where=sql("state = 'waiting'")),
        Index("outbox_message_oldest", "id", postgresql_where=sql("state = 'waiting'")),
        Index("outbox_message_undeliverable", "id", postgresql_where=sql("state = 'undeliverable'")),
        Index("outbox_message_flow", "workflow_id", "id"),
    )


class InboxMessage(Stored, table=True):
    """An acknowledgement as it came. Its id is unique, so that the same one twice is one; kept whatever came of it."""

    __tablename__ = "inbox_message"

    message_id: str = Field(sa_column=key())
    sync_request_id: str = Field(sa_column=text(index=True))
    body: Any = Field(sa_column=document())
    received_at: datetime = Field(sa_column=instant())
    outcome: str | None = Field(default=None, sa_column=text(nullable=True))

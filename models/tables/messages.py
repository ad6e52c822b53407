"""The outbox of messages to workflows, and the inbox of messages from the DERMS and head-ends."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Index
from sqlalchemy import text as sql
from sqlmodel import Field

from models.states.outbox import OutboxState
from models.tables.columns import TableRow, enum_column, json_column, primary_key_column, text_column, timestamp_column


class OutboxMessage(TableRow, table=True):
    """A start or a signal that a workflow must get. Written with the change that causes it, deleted when delivered.

    One that Temporal will never take is `undeliverable` and stays until a person sends it again or gives it up.
    """

    __tablename__ = "outbox_message"

    id: int = Field(sa_column=Column(BigInteger, Identity(), primary_key=True))
    kind: str = Field(sa_column=text_column())
    workflow_id: str = Field(sa_column=text_column())
    name: str = Field(sa_column=text_column())
    payload: Any = Field(sa_column=json_column())
    created_at: datetime = Field(sa_column=timestamp_column())
    due_at: datetime = Field(sa_column=timestamp_column())
    attempts: int = 0
    state: OutboxState = Field(default=OutboxState.WAITING, sa_column=enum_column(OutboxState))
    error: str | None = Field(default=None, sa_column=text_column(nullable=True))

    __table_args__ = (
        Index("outbox_message_due", "due_at", "id", postgresql_where=sql("state = 'waiting'")),
        Index("outbox_message_oldest", "id", postgresql_where=sql("state = 'waiting'")),
        Index("outbox_message_undeliverable", "id", postgresql_where=sql("state = 'undeliverable'")),
        Index("outbox_message_flow", "workflow_id", "id"),
    )


class InboxMessage(TableRow, table=True):
    """An acknowledgement as it came. Its id is unique, so that the same one twice is one; kept whatever came of it."""

    __tablename__ = "inbox_message"

    message_id: str = Field(sa_column=primary_key_column())
    sync_request_id: str = Field(sa_column=text_column(index=True))
    body: Any = Field(sa_column=json_column())
    received_at: datetime = Field(sa_column=timestamp_column())
    outcome: str | None = Field(default=None, sa_column=text_column(nullable=True))

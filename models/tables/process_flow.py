"""A guided flow while a person fills it in."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Integer
from sqlalchemy import text as sql
from sqlmodel import Field

from models.classifications import Channel
from models.requests.process_flow import ProcessFlowType
from models.states.process_flow import ProcessFlowState
from models.tables.columns import (
    TableRow,
    enum_column,
    foreign_key_column,
    json_column,
    primary_key_column,
    text_column,
    timestamp_column,
)


class ProcessFlow(TableRow, table=True):
    """A draft, with the catalog version in force when it began. `panel_values`: the saved values by panel."""

    __tablename__ = "process_flow"

    id: str = Field(sa_column=primary_key_column())
    flow_type: ProcessFlowType = Field(sa_column=text_column())
    service_task_type: str = Field(sa_column=text_column())
    catalog_version: int = Field(foreign_key="catalog_version.version")
    customer_id: str = Field(sa_column=foreign_key_column("customer.id", index=True))
    subscription_id: str | None = Field(
        default=None, sa_column=foreign_key_column("program_subscription.id", nullable=True, index=True)
    )
    channel: Channel = Field(sa_column=enum_column(Channel))
    started_by: str = Field(sa_column=text_column())
    panel_values: Any = Field(sa_column=json_column())
    current_panel: str = Field(sa_column=text_column())
    state: ProcessFlowState = Field(sa_column=enum_column(ProcessFlowState))
    result_id: str | None = Field(default=None, sa_column=text_column(nullable=True))
    reason: str | None = Field(default=None, sa_column=text_column(nullable=True))
    expires_at: datetime = Field(sa_column=timestamp_column())
    created_at: datetime = Field(sa_column=timestamp_column())
    updated_at: datetime = Field(sa_column=timestamp_column())
    version: int = Field(default=1, sa_column=Column(Integer, nullable=False, default=1))

    __table_args__ = (
        Index("process_flow_expires", "expires_at", postgresql_where=sql("state = 'draft'")),
        Index("process_flow_state", "state", "id"),
        Index("process_flow_type", "flow_type", "id"),
    )

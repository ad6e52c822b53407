"""A guided flow while a person fills it in."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Integer
from sqlalchemy import text as sql
from sqlmodel import Field

from models.process_flow import FlowType
from models.states import Channel
from models.tables.columns import document, instant, key, one_of, reference, text
from models.tables.stored import Stored
from models.task_states import ProcessFlowState


class ProcessFlow(Stored, table=True):
    """A draft pinned to the catalogue version it was begun with. `panel_values`: what was saved, by panel."""

    __tablename__ = "process_flow"

    id: str = Field(sa_column=key())
    flow_type: FlowType = Field(sa_column=text())
    service_task_type: str = Field(sa_column=text())
    catalog_version: int = Field(foreign_key="catalog_version.version")
    customer_id: str = Field(sa_column=reference("customer.id", index=True))
    subscription_id: str | None = Field(
        default=None, sa_column=reference("program_subscription.id", nullable=True, index=True)
    )
    channel: Channel = Field(sa_column=one_of(Channel))
    started_by: str = Field(sa_column=text())
    panel_values: Any = Field(sa_column=document())
    current_panel: str = Field(sa_column=text())
    state: ProcessFlowState = Field(sa_column=one_of(ProcessFlowState))
    result_id: str | None = Field(default=None, sa_column=text(nullable=True))
    reason: str | None = Field(default=None, sa_column=text(nullable=True))
    expires_at: datetime = Field(sa_column=instant())
    created_at: datetime = Field(sa_column=instant())
    updated_at: datetime = Field(sa_column=instant())
    version: int = Field(default=1, sa_column=Column(Integer, nullable=False, default=1))

    __table_args__ = (
        Index("process_flow_expires", "expires_at", postgresql_where=sql("state = 'draft'")),
        Index("process_flow_state", "state", "id"),
        Index("process_flow_type", "flow_type", "id"),
    )

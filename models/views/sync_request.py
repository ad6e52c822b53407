"""The views of a sync request."""

from typing import Any

from pydantic import Field

from models.states.sync_request import SyncKind, SyncState
from models.values import Instant
from models.views.view import View


class SyncRequestSummary(View):
    """A sync request in a list."""

    id: str
    kind: SyncKind
    subscription: str
    sequence: int
    enrollment: str
    program: str
    state: SyncState
    attempts: int
    held: bool = Field(description="waits for the batch that sends this program's messages")
    note: str | None = Field(description="why it was discarded or given up, or what holds it up")
    error_code: str | None
    error_text: str | None
    created_at: Instant
    updated_at: Instant
    available_actions: tuple[str, ...]


class SyncRequestView(SyncRequestSummary):
    """A sync request with what was sent and what was answered."""

    revision: int
    snapshot: dict[str, Any]
    acknowledgement: dict[str, Any] | None
    acknowledged_at: Instant | None
    waits_for: str = Field(description="what must happen before it is sent; empty if nothing")
    links: dict[str, str]

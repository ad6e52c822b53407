"""What people see of a message to a workflow that was not delivered. Never its content, which may be personal."""

from typing import Any, Literal

from pydantic import ConfigDict

from models.states.outbox import OutboxState
from models.values import Instant
from models.views.view import View

_MESSAGE: dict[str, Any] = {
    "id": "msg_4711",
    "kind": "signal",
    "name": "derms_acknowledged",
    "workflow": "enroll/enr_01jz8m3k5p7r9t1v3x5z7b9d1g",
    "state": "undeliverable",
    "attempts": 1,
    "error": "NOT_FOUND: workflow not found for ID: enroll/enr_01jz8m3k5p7r9t1v3x5z7b9d1g",
    "created_at": "2026-06-09T17:10:00Z",
    "due_at": "2026-06-09T17:10:20Z",
    "next_step": "Remove the cause that the error names and send it again, or give it up.",
    "available_actions": ["send-again", "give-up"],
    "links": {"self": "/v1/outbox-messages/msg_4711"},
}


class OutboxMessageView(View):
    """A start or a signal for a workflow: how often it was tried, what Temporal said, and what can be done."""

    model_config = ConfigDict(json_schema_extra={"examples": [_MESSAGE]})

    id: str
    kind: Literal["start", "signal"]
    name: str
    workflow: str
    state: OutboxState
    attempts: int
    error: str | None
    created_at: Instant
    due_at: Instant
    next_step: str
    available_actions: tuple[str, ...]
    links: dict[str, str]

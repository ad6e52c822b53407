"""How a workflow is started: what an operation asks for, and what the outbox keeps of it until Temporal has it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from models.messages.message import Message


class SynchronizingInput(Message):
    """The input of a workflow that sends changes to a DERMS and waits until the DERMS acknowledges them."""

    acknowledgement_timeout_seconds: float = 900.0


class StartPayload(Message):
    """The start of a workflow as the outbox stores it and Temporal receives it."""

    input: dict[str, Any]
    summary: str
    details: str
    attributes: dict[str, str]
    """The search attributes that the workflow starts with."""
    again: bool = False
    """Also start a workflow that was broken off before; never one that completed."""


@dataclass(frozen=True, slots=True)
class WorkflowStart:
    """A workflow that an operation wants started."""

    workflow: str
    workflow_id: str
    input: Message
    summary: str
    details: str
    attributes: Mapping[str, str]
    again: bool = False

    def with_acknowledgement_timeout(self, seconds: float) -> "WorkflowStart":
        """Returns the start with this time-out in its input, if its workflow waits for acknowledgements."""
        if not isinstance(self.input, SynchronizingInput):
            return self
        return replace(self, input=self.input.model_copy(update={"acknowledgement_timeout_seconds": seconds}))

    def build_payload(self) -> StartPayload:
        """Returns what the outbox stores beside the workflow's name and id."""
        payload = StartPayload(
            input=self.input.model_dump(mode="json"),
            summary=self.summary,
            details=self.details,
            attributes=dict(self.attributes),
        )
        return payload.model_copy(update={"again": True}) if self.again else payload

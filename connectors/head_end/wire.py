"""The documents exchanged with a head-end. docs/contracts/head-end.schema.json is generated from this file.

A request asks for the status of a device or has it do something. Its key identifies it: same key, same request.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from models.states.head_end import HeadEndOutcome, RemoteAction
from models.values import Code, DeviceIdentifier, Line, Value

MessageId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$")]
RequestId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\x21-\x2e\x30-\x7e]+$")]
"""Stands as one part of an address, so that it has no slash."""
Text = Annotated[str, StringConstraints(max_length=500)]


class StatusCheckRequest(Value):
    """POST {head-end}/devices/{device}/status-checks, with `request_id` as Idempotency-Key."""

    request_id: RequestId
    head_end: Code = Field(description="the vendor cloud that talks to the device")
    manufacturer: Line
    serial_number: DeviceIdentifier
    nic_id: DeviceIdentifier | None = None


class ActionRequest(StatusCheckRequest):
    """POST {head-end}/devices/{device}/actions, with `request_id` as Idempotency-Key."""

    action: RemoteAction


class Answer(Value):
    """What became of one request, in the response or later by callback."""

    message_id: MessageId = Field(description="the answer's own unique id: the same id twice is the same answer")
    request_id: RequestId
    outcome: HeadEndOutcome
    text: Text = ""


class Answers(Value):
    """POST {gridenroll}/v1/head-end/answers, signed as docs/contracts/head-end.md says."""

    answers: tuple[Answer, ...] = Field(min_length=1, max_length=1000)


class RequestStatus(Value):
    """GET {head-end}/devices/{device}/status-checks/{request_id} or …/actions/{request_id}; 404 when it never came."""

    request_id: RequestId
    status: Literal["received", "answered"]
    answer: Answer | None = None

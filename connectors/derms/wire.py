"""The documents exchanged with a DERMS (docs/domain.md#synchronize).

docs/contracts/derms.schema.json is generated from this file.

A sync message is a full snapshot, never a delta. Its bytes are the same on every resend: one message id, one meaning.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from models.snapshot import Snapshot
from models.values import Described, ExternalId, Value

MessageId = Annotated[str, StringConstraints(pattern=r"^syn_[0-9a-z]{26}(\.[0-9]{1,6})?$")]
Text = Annotated[
    str,
    StringConstraints(max_length=2000, pattern=r"^[^\x00]*$"),
    Described("a text of up to 2000 characters, none of them NUL"),
]


class SyncMessage(Snapshot):
    """POST {derms}/sync-messages, with `message_id` as Idempotency-Key: a snapshot in its envelope."""

    message_id: MessageId
    sync_request_id: MessageId
    version: int = Field(ge=1, description="grows when a corrected snapshot of the same request is sent")


class DeviceAcknowledgement(Value):
    """What became of one device."""

    device_id: ExternalId
    registration: Literal["registered", "failed", "deregistered"]
    message: Text = ""


class Acknowledgement(Value):
    """The DERMS' answer to one sync message, in the response or later by callback."""

    message_id: ExternalId = Field(
        description="the acknowledgement's own unique id: the same id twice is the same acknowledgement"
    )
    sync_request_id: ExternalId
    version: int | None = Field(default=None, ge=1, le=1_000_000, description="version of the message it answers")
    result: Literal["positive", "negative"]
    code: Annotated[
        str,
        StringConstraints(max_length=64, pattern=r"^[A-Za-z0-9._-]*$"),
        Described("up to 64 letters, digits, dots, hyphens and underscores"),
    ] = ""
    text: Text = ""
    references: dict[
        Annotated[
            str, StringConstraints(max_length=64, pattern=r"^[^\x00]*$"), Described("a name of up to 64 characters")
        ],
        Annotated[
            str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$"), Described("a text of up to 200 characters")
        ],
    ] = Field(default_factory=dict, max_length=50)
    devices: tuple[DeviceAcknowledgement, ...] = Field(default=(), max_length=1000)


class Acknowledgements(Value):
    """POST {gridenroll}/v1/derms/acknowledgements, signed as docs/contracts/derms.md says."""

    acknowledgements: tuple[Acknowledgement, ...] = Field(min_length=1, max_length=1000)


class MessageStatus(Value):
    """GET {derms}/sync-messages/{message_id}; 404 when the DERMS never took the message."""

    message_id: MessageId
    status: Literal["received", "acknowledged"]
    acknowledgement: Acknowledgement | None = None


class SyncMessageBatch(Value):
    """POST {derms}/sync-message-batches: many messages in one, each with its own key and its own fate."""

    messages: tuple[SyncMessage, ...] = Field(min_length=1, max_length=100)


class MessageResult(Value):
    """What the DERMS made of one of many messages."""

    message_id: MessageId
    status: Literal["received", "acknowledged", "conflict", "refused"]
    acknowledgement: Acknowledgement | None = None


class MessageResults(Value):
    """The answer to a SyncMessageBatch: one result for each message."""

    results: tuple[MessageResult, ...] = Field(min_length=1, max_length=100)


class _PartialDocument(BaseModel):
    """A document of the DERMS of which we read a part and ignore the rest."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class HeldDevice(_PartialDocument):
    """The device behind a resource."""

    device_id: str = Field(max_length=64)


class HeldResource(_PartialDocument):
    """A grid resource that the DERMS holds."""

    id: str = Field(max_length=64, description="the DERMS' own id of it")
    state: Literal["enrolled", "removed"]
    device: HeldDevice
    subscription: str = Field(max_length=64, description="the subscription's number, as in its sync messages")


class HeldResources(_PartialDocument):
    """GET {derms}/ders?limit=&cursor=: a page of all it holds, the newest first."""

    items: tuple[HeldResource, ...] = Field(max_length=1000)
    next_cursor: str | None = Field(default=None, max_length=200, description="absent or null on the last page")

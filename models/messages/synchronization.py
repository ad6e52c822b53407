"""Inputs and results of the steps that synchronize with the DERMS, and its acknowledgement as a signal."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from models.messages.message import Message
from models.messages.text import Text
from models.states.sync_request import SyncState

DERMS_ACKNOWLEDGED = "derms_acknowledged"
SYNC_TURN = "sync_turn"


class AcknowledgedDevice(Message):
    """What the DERMS says of one device."""

    device_id: str
    registration: Literal["registered", "failed", "deregistered"]
    message: Text = ""


class DermsAcknowledgement(Message):
    """The DERMS' answer, whichever way it came: in the response, by callback, when asked, or as a signal by hand."""

    message_id: str
    sync_request_id: str
    version: int | None = None
    result: Literal["positive", "negative"]
    code: Text = ""
    text: Text = ""
    references: dict[Text, Text] = Field(default_factory=dict)
    devices: tuple[AcknowledgedDevice, ...] = ()


class SyncOutcome(StrEnum):
    """How the synchronization ended."""

    SYNCHRONIZED = "synchronized"
    CANCELLED = "cancelled"
    DISCARDED = "discarded"


class SyncTurn(Message):
    """Something that a request waited for has changed: look again whether it may be sent. `ask`: it was sent long ago;
    ask the DERMS now what became of it. `handed_over`: a batch has sent it together with others; await the answer."""

    sync_request_id: str = ""
    ask: bool = False
    handed_over: bool = False


class SendToDerms(Message):
    """Send what this sync request holds."""

    sync_request_id: str


class SendResult(Message):
    """What the DERMS made of it. `state` is where the request stood when there was nothing to send; still pending, it
    waits for another one, or for a batch."""

    acknowledgement: DermsAcknowledgement | None = None
    state: SyncState
    code: Text = ""
    text: Text = ""
    waits_for: Text = ""


class QueryDermsMessage(Message):
    """Ask what became of this sync request's message."""

    sync_request_id: str


class DermsMessageStatus(Message):
    """What the DERMS knows of it: nothing, that it was received, or its acknowledgement."""

    known: bool
    acknowledgement: DermsAcknowledgement | None = None


class RecordAcknowledgement(Message):
    """Write down an acknowledgement. `asked` when it is the answer to our own question: no more will come by itself."""

    acknowledgement: DermsAcknowledgement
    asked: bool = False


class SendFailure(StrEnum):
    """Why a message could not be sent."""

    UNREACHABLE = "derms-unreachable"
    REFUSED = "derms-refused"
    INTERRUPTED = "flow-interrupted"

    @property
    def is_outcome_unknown(self) -> bool:
        """Whether the DERMS may have taken it: then only the same bytes under the same key may be sent again."""
        return self is not SendFailure.REFUSED


class RecordSendFailure(Message):
    """Record that the message could not be sent."""

    sync_request_id: str
    failure: SendFailure
    text: Text


class SyncRequestStatus(Message):
    """Where the request stands afterwards."""

    state: SyncState
    code: Text = ""
    text: Text = ""

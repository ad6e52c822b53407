"""What a head-end must do for us: reach a device. To connect another one, write another class with these methods."""

from dataclasses import dataclass
from typing import Protocol

from connectors.head_end.wire import Answer
from models.states.head_end import RequestKind


@dataclass(frozen=True, slots=True)
class DeviceRequest:
    """One request about one device. The id is its key: sending the same request again is harmless."""

    request_id: str
    kind: RequestKind
    head_end: str
    manufacturer: str
    serial_number: str
    nic_id: str | None = None


class HeadEnd(Protocol):
    """The vendor clouds that talk to devices, behind one interface."""

    async def send(self, request: DeviceRequest) -> Answer | None:
        """Sends the request; returns the answer if there is one at once. A later answer comes to our API.

        Raises:
            Unavailable: it is down; asking again is harmless.
            OutcomeUnknown: it may have taken the request; asking again is harmless.
            Refused: it will never take this request.
        """
        ...

    async def get_answer(self, request: DeviceRequest) -> Answer | None:
        """Returns the answer to a request; None if there is none yet, or the head-end has never received the request.

        Raises:
            Unavailable, OutcomeUnknown: no answer; asking again is harmless.
            Refused: it does not answer such questions.
        """
        ...

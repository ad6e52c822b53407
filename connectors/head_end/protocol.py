"""What a head-end must do for us: reach a device. Another one is put in place by another class of this shape."""

from dataclasses import dataclass
from typing import Protocol

from connectors.head_end.wire import Answer
from models.states.head_end import RequestKind


@dataclass(frozen=True, slots=True)
class DeviceRequest:
    """One thing asked of one device; the id is the key under which the same again is harmless."""

    request_id: str
    kind: RequestKind
    head_end: str
    manufacturer: str
    serial_number: str
    nic_id: str | None = None


class HeadEnd(Protocol):
    """The vendor clouds that talk to devices, behind one door."""

    async def ask(self, request: DeviceRequest) -> Answer | None:
        """Passes the request on; gives the answer if there is one at once, else it is told to our door.

        Raises:
            Unavailable: it is down; asking again is harmless.
            OutcomeUnknown: it may have taken the request; asking again is harmless.
            Refused: it will never take this request.
        """
        ...

    async def answer_to(self, request: DeviceRequest) -> Answer | None:
        """What became of a request; None while nothing did, or when it never came.

        Raises:
            Unavailable, OutcomeUnknown: no answer; asking again is harmless.
            Refused: it does not answer such questions.
        """
        ...

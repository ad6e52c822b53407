"""What gridenroll needs from a DERMS. An adapter for another DERMS is another class with these methods."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from connectors.derms.wire import Acknowledgement, HeldResources, MessageResult, MessageStatus


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """One message to a DERMS. `endpoint` is the address from the catalog, or empty for the one in the settings.

    The bytes sent under one `key` must never change, so that the DERMS recognizes a repetition.
    """

    endpoint: str
    key: str
    sync_request_id: str
    revision: int
    snapshot: dict[str, Any]


class Derms(Protocol):
    """A DERMS, behind the adapter that knows its protocol.

    `Refused` is raised with the code `derms-refused`: workflows park a request for a person on that code alone.
    """

    async def send(self, message: OutgoingMessage) -> Acknowledgement | None:
        """Send a message. Return the acknowledgement if the response contains it.

        Raises:
            Unavailable: the DERMS is down or overloaded and has not received the message.
            OutcomeUnknown: the DERMS may have received the message.
            Refused: the DERMS will never accept this message.
        """
        ...

    async def send_batch(self, endpoint: str, messages: Sequence[OutgoingMessage]) -> dict[str, MessageResult]:
        """Send several messages in one call. Return the results that the response contains, by key.

        Raises:
            Unavailable, OutcomeUnknown: the DERMS may have received some messages; sending them again is harmless.
            Refused: the DERMS accepts only single messages, or not these.
        """
        ...

    async def get_message_status(self, endpoint: str, key: str) -> MessageStatus | None:
        """Return the status of a message, or None if the DERMS does not know it.

        Raises:
            Unavailable, OutcomeUnknown: no answer; asking again is harmless.
            Refused: the DERMS does not answer such requests.
        """
        ...

    async def list_resources(self, endpoint: str, cursor: str) -> HeldResources:
        """Return a page of the resources that the DERMS has; an empty cursor returns the first page.

        Raises:
            Unavailable, OutcomeUnknown: no answer; asking again is harmless.
            Refused: the DERMS offers no list.
        """
        ...

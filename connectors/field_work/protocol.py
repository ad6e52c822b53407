"""What a field-work system must do for us. To connect another one, write another class with these methods."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class DispatchOrder:
    """What the system learns about an order. The number is its key: sending the same order again is harmless."""

    number: str
    kind: str
    priority: str
    reason: str


class FieldWorkSystem(Protocol):
    """A dispatch system."""

    async def dispatch(self, order: DispatchOrder) -> str:
        """Accepts the order; returns the system's own reference.

        Raises:
            Unavailable: it is down; asking again is harmless.
            Refused: it will never accept this order.
        """
        ...

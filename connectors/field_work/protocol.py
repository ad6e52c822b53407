"""What a field-work system must do for us. Another one is put in place by another class of this shape."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class DispatchOrder:
    """What it is told of an order; the number is the key under which the same again is harmless."""

    number: str
    kind: str
    priority: str
    reason: str


class FieldWorkSystem(Protocol):
    """A dispatch system."""

    async def dispatch(self, order: DispatchOrder) -> str:
        """Takes the order; gives its own reference.

        Raises:
            Unavailable: it is down; asking again is harmless.
            Refused: it will never take this order.
        """
        ...

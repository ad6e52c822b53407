"""The states of an outbox message and the transitions between them."""

from enum import StrEnum


class OutboxState(StrEnum):
    """One message to a workflow, from the transaction that writes it. A delivered one leaves the table."""

    WAITING = "waiting"
    UNDELIVERABLE = "undeliverable"
    GIVEN_UP = "given_up"


_O = OutboxState


OUTBOX_TRANSITIONS: dict[OutboxState, frozenset[OutboxState]] = {
    _O.WAITING: frozenset({_O.UNDELIVERABLE, _O.GIVEN_UP}),
    _O.UNDELIVERABLE: frozenset({_O.WAITING, _O.GIVEN_UP}),
    _O.GIVEN_UP: frozenset(),
}

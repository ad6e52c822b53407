"""What people read about a message to a workflow that was not delivered."""

from models.states.outbox import OutboxState

_O = OutboxState
_NEXT_STEPS: dict[OutboxState, str] = {
    _O.WAITING: "It is delivered by itself as soon as Temporal takes it.",
    _O.UNDELIVERABLE: "Remove the cause that the error names and send it again, or give it up.",
    _O.GIVEN_UP: "It was given up; nothing is left to do.",
}

TIMELINE_SENTENCES: dict[str, str] = {
    "msg:undeliverable": "A message could not be delivered",
    "msg:waiting": "An undeliverable message is sent again",
    "msg:given_up": "An undeliverable message was given up",
}


def message_next_step(state: OutboxState) -> str:
    """Returns what happens next, or what a person should do."""
    return _NEXT_STEPS[state]

"""What happens next with a shipment, in plain words, and what can be done about it."""

from models.task_states import ShipmentState

_H = ShipmentState
_NEXT: dict[ShipmentState, str] = {
    _H.ORDERED: "The warehouse sends the device.",
    _H.SHIPPED: "The parcel is on its way.",
    _H.DELIVERED: "The customer installs the device and confirms it.",
    _H.CONFIRMED: "The device is installed; its enrolment goes on.",
    _H.CANCELLED: "The enrolment has ended. A device that was sent already should come back.",
    _H.EXPIRED: "Nobody confirmed within the time allowed. A device that was sent already should come back.",
    _H.RETURNED: "The device came back.",
}
_ACTIONS: dict[ShipmentState, tuple[str, ...]] = {
    _H.ORDERED: ("shipped", "delivered", "confirmed"),
    _H.SHIPPED: ("shipped", "delivered", "confirmed", "returned"),
    _H.DELIVERED: ("confirmed", "returned"),
    _H.CANCELLED: ("returned",),
    _H.EXPIRED: ("returned",),
}


def shipment_next_step(state: ShipmentState, sent_back: str | None) -> str:
    """What happens next."""
    if state is _H.DELIVERED and sent_back:
        return f"The customer confirms again: what they confirmed could not be used. {sent_back}"
    return _NEXT[state]


def shipment_actions(state: ShipmentState) -> tuple[str, ...]:
    """What can be done, each by POST /v1/shipments/{id}/<action>."""
    return _ACTIONS.get(state, ())

"""What happens next with a shipment, in plain words, and what can be done about it."""

from models.states.shipment import ShipmentState

_H = ShipmentState
_NEXT_STEPS: dict[ShipmentState, str] = {
    _H.ORDERED: "The warehouse sends the device.",
    _H.SHIPPED: "The parcel is on its way.",
    _H.DELIVERED: "The customer installs the device and confirms it.",
    _H.CONFIRMED: "The device is installed; its enrolment goes on.",
    _H.CANCELLED: "The enrolment has ended; nothing is left to do.",
    _H.EXPIRED: "Nobody confirmed within the time allowed; nothing is left to do.",
    _H.RETURNED: "The device came back.",
}
_ACTIONS: dict[ShipmentState, tuple[str, ...]] = {
    _H.ORDERED: ("shipped", "delivered", "confirmed"),
    _H.SHIPPED: ("shipped", "delivered", "confirmed", "returned"),
    _H.DELIVERED: ("confirmed", "returned"),
}


def shipment_next_step(state: ShipmentState, sent_back: str | None, unclaimed: str | None) -> str:
    """What happens next."""
    if unclaimed:
        return f"{unclaimed} It should come back, or a person settles it."
    if state is _H.DELIVERED and sent_back:
        return f"The customer confirms again: what they confirmed could not be used. {sent_back}"
    return _NEXT_STEPS[state]


def shipment_actions(state: ShipmentState, *, unclaimed: bool) -> tuple[str, ...]:
    """What can be done, each by POST /v1/shipments/{id}/<action>."""
    return ("returned", "settle") if unclaimed else _ACTIONS.get(state, ())


def suggest_instead_of_confirmation(state: ShipmentState, enrollment_id: str) -> str:
    """What helps who confirms a device that nobody waits for any more."""
    if state is _H.CONFIRMED:
        return (
            f"If the device confirmed before was the wrong one, see /v1/program-enrollments/{enrollment_id}: cancel it "
            "while it is under way; once it is enrolled, have the device replaced by a service call."
        )
    return f"{_NEXT_STEPS[state]} To take part, apply again: POST /v1/program-enrollments."

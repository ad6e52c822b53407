"""What people read about a device shipment: its next step, its timeline sentences, and what helps instead."""

from models.states.shipment import ShipmentState
from wording.links import ENROLLMENTS, link_to

_H = ShipmentState
_NEXT_STEPS: dict[ShipmentState, str] = {
    _H.ORDERED: "The warehouse sends the device.",
    _H.SHIPPED: "The parcel is on its way.",
    _H.DELIVERED: "The customer installs the device and confirms it.",
    _H.CONFIRMED: "The device is installed; its enrollment goes on.",
    _H.CANCELLED: "The enrollment has ended; nothing is left to do.",
    _H.EXPIRED: "Nobody confirmed within the time allowed; nothing is left to do.",
    _H.RETURNED: "The device came back.",
}

TIMELINE_SENTENCES: dict[str, str] = {
    "shp:ordered": "Device to be sent to the customer",
    "shp:shipped": "Device sent",
    "shp:tracked": "Parcel tracking updated",
    "shp:delivered": "Device delivered",
    "shp:confirmed": "Customer confirmed the installation",
    "shp:cancelled": "Shipment cancelled",
    "shp:expired": "Nobody confirmed the installation in time",
    "shp:returned": "Device came back",
    "shp:reminded": "Customer reminded of the installation",
    "shp:escalated": "Installation overdue; escalated",
    "shp:unclaimed": "A device was sent that is not needed any more",
    "shp:settled": "What became of the device is settled",
}


def shipment_next_step(state: ShipmentState, sent_back: str | None, unclaimed: str | None) -> str:
    """Returns what happens next. `sent_back`, `unclaimed`: whole sentences, as they are stored."""
    if unclaimed:
        return f"{unclaimed} It should come back, or a person settles it."
    if state is _H.DELIVERED and sent_back:
        return f"The customer confirms again: what they confirmed could not be used. {sent_back}"
    return _NEXT_STEPS[state]


def suggest_instead_of_confirmation(state: ShipmentState, enrollment_id: str) -> str:
    """Returns what helps somebody who confirms a device that nobody waits for any more."""
    if state is _H.CONFIRMED:
        return (
            f"If the device confirmed before was the wrong one, see {link_to(enrollment_id)}: cancel it "
            "while it is under way; once it is enrolled, have the device replaced by a service call."
        )
    return f"{_NEXT_STEPS[state]} To take part, apply again: POST {ENROLLMENTS}."

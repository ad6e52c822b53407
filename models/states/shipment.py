"""The states of a device shipment and the transitions between them."""

from enum import StrEnum


class ShipmentState(StrEnum):
    """A device sent to a customer, who installs it and confirms."""

    ORDERED = "ordered"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    RETURNED = "returned"


_H = ShipmentState


SHIPMENT_TRANSITIONS: dict[ShipmentState, frozenset[ShipmentState]] = {
    _H.ORDERED: frozenset({_H.SHIPPED, _H.CANCELLED, _H.EXPIRED}),
    _H.SHIPPED: frozenset({_H.DELIVERED, _H.RETURNED, _H.CANCELLED, _H.EXPIRED}),
    _H.DELIVERED: frozenset({_H.CONFIRMED, _H.RETURNED, _H.CANCELLED, _H.EXPIRED}),
    # Final, unless what was confirmed cannot be used after all: then it is the customer's turn again.
    _H.CONFIRMED: frozenset({_H.DELIVERED, _H.CANCELLED}),
    # The device may still come back.
    _H.CANCELLED: frozenset({_H.RETURNED}),
    _H.EXPIRED: frozenset({_H.RETURNED}),
    _H.RETURNED: frozenset(),
}

"""What people are shown of one device that was sent to a customer."""

from models.views import ShipmentSummary


class ShipmentView(ShipmentSummary):
    """A shipment, complete enough to send it and to act on it."""

    address: str
    reminders: int
    serial_number: str | None
    confirmed_by: str | None

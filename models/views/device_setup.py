"""What people are shown of one device that was sent to a customer."""

from models.states.work_order import ShipmentState
from models.views.enrollment import ShipmentSummary, View


class ShipmentStatusView(View):
    """Where a shipment stands now, and the doors that lead on from there."""

    id: str
    state: ShipmentState
    links: dict[str, str]


class ShipmentView(ShipmentSummary):
    """A shipment, complete enough to send it and to act on it."""

    address: str
    reminders: int
    serial_number: str | None
    confirmed_by: str | None

"""What people are shown of devices sent to customers."""

from models.task_states import ShipmentState
from models.values import Instant
from models.views import View


class ShipmentSummary(View):
    """A shipment in a list."""

    id: str
    number: str
    enrollment: str
    customer: str
    service_point: str
    program: str
    state: ShipmentState
    carrier: str | None
    tracking_reference: str | None
    sent_back: str | None
    escalated: bool
    created_at: Instant
    updated_at: Instant


class ShipmentView(ShipmentSummary):
    """A shipment, complete enough to send it and to act on it."""

    address: str
    reminders: int
    serial_number: str | None
    confirmed_by: str | None
    next_step: str
    available_actions: tuple[str, ...]
    links: dict[str, str]

"""The views of a subscription and its devices."""

from decimal import Decimal

from models.states.subscription import RegistrationState, SubscriptionState
from models.values import Instant
from models.views.view import View


class SubscriptionDeviceView(View):
    """A device of a subscription."""

    id: str
    specification: str
    manufacturer: str
    model: str
    serial_number: str
    rated_kw: Decimal
    registration: RegistrationState
    message: str
    controllable: bool


class SubscriptionView(View):
    """The participation that resulted from an enrollment."""

    id: str
    number: str
    state: SubscriptionState
    start: Instant
    end: Instant | None
    devices: tuple[SubscriptionDeviceView, ...]

"""Reading the devices of a subscription."""

from typing import Any

from models.states import RegistrationState
from models.tables.subscription import Device, SubscriptionDevice
from models.views import SubscribedDevice


def subscribed(device: Device, standing: SubscriptionDevice) -> SubscribedDevice:
    """A device, and how it stands on its subscription."""
    return SubscribedDevice(**fields(device, standing))


def fields(device: Device, standing: SubscriptionDevice) -> dict[str, Any]:
    """The same, for a view that says more of it."""
    return {
        "id": device.id,
        "specification": device.specification,
        "manufacturer": device.manufacturer,
        "model": device.model,
        "serial_number": device.serial_number,
        "rated_kw": device.rated_kw,
        "registration": standing.registration,
        "message": standing.message,
        "controllable": standing.registration is RegistrationState.REGISTERED,
    }

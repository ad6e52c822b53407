"""Reading the devices of a subscription."""

from typing import Any

from models.states.subscription import RegistrationState
from models.tables.subscription import Device, SubscriptionDevice
from models.views.subscription import SubscriptionDeviceView


def to_subscribed_device(device: Device, standing: SubscriptionDevice) -> SubscriptionDeviceView:
    """A device, and how it stands on its subscription."""
    return SubscriptionDeviceView(**subscribed_device_fields(device, standing))


def subscribed_device_fields(device: Device, standing: SubscriptionDevice) -> dict[str, Any]:
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

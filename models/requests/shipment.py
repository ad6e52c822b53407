"""What is reported of a device that was sent to a customer: on its way, and installed by themselves.

See docs/domain.md#device-setup.
"""

from pydantic import Field

from models.requests.completion import InstalledDevice
from models.values import Instant, Line, Value


class ShipmentDispatch(Value):
    """The device left the warehouse."""

    carrier: Line | None = None
    tracking_reference: Line | None = None


class SelfInstallation(InstalledDevice):
    """The customer confirms that they have installed the device."""

    confirmed_by: Line
    installed_at: Instant | None = Field(default=None, description="by default now")

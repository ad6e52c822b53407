"""What is sent and answered at the doors of device setup."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from models.requests.shipment import SelfInstallation

_CONFIRMATION_EXAMPLE: dict[str, Any] = {
    "specification": "eaton-lcr-6600",
    "serial_number": "LCR-0012-7782",
    "device_location_type": "water-heater-closet",
    "confirmed_by": "the customer",
}


class InstallationConfirmationRequest(SelfInstallation):
    """The customer has installed the device that was sent."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CONFIRMATION_EXAMPLE]})


class HeadEndAnswersReceivedView(BaseModel):
    """How many answers came, and how many of them were new."""

    received: int
    new: int

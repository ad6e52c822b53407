"""What is sent and answered at the doors of device setup."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from models.shipment import SelfInstallation

_CONFIRMATION: dict[str, Any] = {
    "specification": "eaton-lcr-6600",
    "serial_number": "LCR-0012-7782",
    "device_location_type": "water-heater-closet",
    "confirmed_by": "the customer",
}


class ConfirmationRequest(SelfInstallation):
    """The customer has installed the device that was sent."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CONFIRMATION]})


class AnswersTaken(BaseModel):
    """How many answers came, and how many of them were new."""

    received: int
    new: int

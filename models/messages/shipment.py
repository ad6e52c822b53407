"""The messages between a workflow and its activities about a device shipment. Ids and states only."""

from models.messages.message import Message
from models.messages.text import Text
from models.states.shipment import ShipmentState

SHIPMENT_CHANGED = "shipment_changed"


class ShipmentChanged(Message):
    """The parcel got further, or the customer confirmed."""

    shipment_id: str
    message_id: str = ""


class AwaitedShipment(Message):
    """A shipment to wait for, with its program's service level."""

    shipment_id: str
    remind_after_days: int = 3
    escalate_after_days: int = 14


class ShipmentStatus(Message):
    """The state of a shipment. `waits`: the workflow continues to wait for the parcel or for the customer."""

    shipment_id: str
    state: ShipmentState
    waits: bool = True
    verdict: Text = ""


class RemindOfShipment(Message):
    """Remind of a shipment that waits, or escalate it to the operators."""

    shipment_id: str
    escalate: bool = False


class AssociateShippedDevice(Message):
    """Associate the device that the customer confirmed."""

    enrollment_id: str
    shipment_id: str

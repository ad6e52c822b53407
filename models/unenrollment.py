"""What a requester asks for who wants to leave a program: the same document through every channel."""

from datetime import date

from pydantic import Field

from models.ids import SubscriptionId
from models.task_states import RemovalMethod
from models.values import Code, ExternalId, Sentence, Value


class LeavingDevice(Value):
    """A device that leaves, and how; by default as the program says."""

    device: ExternalId = Field(description="its id or serial number")
    removal_method: RemovalMethod | None = None


class UnenrollmentApplication(Value):
    """A request to leave a program, with all devices (none named) or some."""

    transaction_id: ExternalId | None = Field(
        default=None, description="the requester's own unique id of this request; one is made where none is given"
    )
    subscription: SubscriptionId
    reason: Code | None = Field(default=None, description="one of the configured reasons")
    note: Sentence | None = None
    effective_date: date | None = Field(default=None, description="last day, at the premise; by default at once")
    devices: tuple[LeavingDevice, ...] = Field(default=(), max_length=100)

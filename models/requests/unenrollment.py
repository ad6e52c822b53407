"""What a requester asks for who wants to leave a program: the same document through every channel."""

from datetime import date

from pydantic import Field

from models.classifications import RemovalMethod
from models.values import Code, ExternalId, Sentence, Value

CIS_REQUESTER = "cis"
"""The requester of what the CIS causes."""

MOVE_OUT_REASON = "move_out"
"""The reason that the CIS gives; it stands even where a service task type does not list it."""


class DeviceToUnenroll(Value):
    """One device that shall leave."""

    device: ExternalId = Field(description="its id or serial number")
    removal_method: RemovalMethod | None = Field(default=None, description="by default what the program says")


class UnenrollmentApplication(Value):
    """A request to leave a program."""

    transaction_id: ExternalId | None = Field(
        default=None, description="the requester's own unique id of this request; by default one is made"
    )
    subscription: ExternalId = Field(description="the subscription's id or number")
    reason: Code | None = Field(default=None, description="one of the reasons that the program's service task lists")
    effective_date: date | None = Field(default=None, description="the day, at the premise; by default at once")
    devices: tuple[DeviceToUnenroll, ...] = Field(
        default=(), max_length=100, description="which devices leave; by default all, and the subscription ends"
    )
    note: Sentence | None = None

"""What a requester asks for: the same document through every channel."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from models.classifications import AssetOwnership, InstallationMethod
from models.values import Code, DeviceIdentifier, ExternalId, Instant, Line, PhoneNumber, Printable, Sentence, Value

Answer = Annotated[str, StringConstraints(max_length=500, strip_whitespace=True), Printable]


class RequestedDevice(Value):
    """A device the customer has: its specification by code, or by manufacturer and model."""

    specification: Code | None = None
    manufacturer: Line | None = None
    model: Line | None = None
    serial_number: DeviceIdentifier
    nic_id: DeviceIdentifier | None = None
    badge_number: DeviceIdentifier | None = None
    device_location_type: Code | None = None


class AcceptedTerms(Value):
    """Which terms were accepted, by whom and when."""

    version: Line
    accepted_by: Line
    accepted_at: Instant


class TimeWindow(Value):
    """From when to when."""

    start: Instant
    end: Instant

    @field_validator("end")
    @classmethod
    def _end_is_after_start(cls, end: datetime, read: ValidationInfo) -> datetime:
        if "start" in read.data and end <= read.data["start"]:
            raise ValueError("is not after start")
        return end


class WorkOrderPreferences(Value):
    """What the technician should know."""

    contact_phone: PhoneNumber | None = None
    access_notes: Sentence | None = None
    window: TimeWindow | None = None


class EnrollmentApplication(Value):
    """A request to take part in a program."""

    transaction_id: ExternalId = Field(description="the requester's own unique id of this request")
    account: ExternalId = Field(description="the CIS account id")
    service_point: ExternalId = Field(description="the CIS service point id")
    program: Code = Field(description="the program's code")
    installation_method: InstallationMethod = InstallationMethod.BRING_YOUR_OWN
    asset_ownership: AssetOwnership = AssetOwnership.CUSTOMER_OWNED
    start_date: date | None = Field(default=None, description="first day, at the premise; by default at once")
    devices: tuple[RequestedDevice, ...] = Field(default=(), max_length=100)
    terms: AcceptedTerms | None = None
    answers: dict[Code, Answer] = Field(default_factory=dict, max_length=100)
    work_order: WorkOrderPreferences | None = None

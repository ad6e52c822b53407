"""What a technician reports of a site visit: through the API, or as a Temporal signal by hand.

See docs/domain.md#field-work.
"""

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from models.states.work_order import CompletionOutcome
from models.values import Code, Described, DeviceIdentifier, ExternalId, Instant, Line, Sentence, Value

COMPLETION_ACCEPTED = "taken"
"""What is said of a report that was taken; of any other one, why not."""

FileReference = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$"),
    Described("a text of 1 to 200 printable ASCII characters without spaces"),
]
"""Where a photo or signature is kept; never the thing itself."""


class InstalledDevice(Value):
    """The device that hangs there now."""

    serial_number: DeviceIdentifier
    specification: Code
    nic_id: DeviceIdentifier | None = None
    badge_number: DeviceIdentifier | None = None
    device_location_type: Code | None = None


class RemovedDevice(Value):
    """The device that was taken away."""

    serial_number: DeviceIdentifier
    condition: Line | None = None


class Completion(Value):
    """One visit's report. `completion_id` is the technician's own: the same one twice is one."""

    completion_id: ExternalId
    outcome: CompletionOutcome
    technician: Line
    arrived_at: Instant | None = None
    finished_at: Instant
    device_installed: InstalledDevice | None = None
    device_removed: RemovedDevice | None = None
    readings: dict[Code, Line] = Field(default_factory=dict, max_length=50)
    checks: tuple[Line, ...] = Field(default=(), max_length=50)
    notes: Sentence | None = None
    photos: tuple[FileReference, ...] = Field(default=(), max_length=50)
    customer_signature: FileReference | None = None

    @model_validator(mode="after")
    def _finish_is_after_arrival(self) -> "Completion":
        if self.arrived_at and self.finished_at < self.arrived_at:
            raise ValueError("finished_at is before arrived_at")
        return self

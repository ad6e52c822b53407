"""What is sent and answered at the doors of field work."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from models.requests.completion import Completion
from models.requests.enrollment import TimeWindow
from models.states.work_order import WorkOrderState
from models.values import Line, Value

_COMPLETION_EXAMPLE: dict[str, Any] = {
    "completion_id": "visit-4711-1",
    "outcome": "completed_as_ordered",
    "technician": "Crew 7",
    "arrived_at": "2026-06-03T09:05:00-05:00",
    "finished_at": "2026-06-03T09:40:00-05:00",
    "device_installed": {
        "specification": "eaton-lcr-6600s",
        "serial_number": "LCR-0012-7781",
        "device_location_type": "utility-room",
    },
    "checks": ["switch answers to a test signal"],
}


class AppointmentRequest(TimeWindow):
    """From when to when the technician comes, and who it is."""

    technician: Line | None = None


class CompletionRequest(Completion):
    """A technician's report of one visit."""

    model_config = ConfigDict(json_schema_extra={"examples": [_COMPLETION_EXAMPLE]})


class ProgressRequest(Value):
    """How far the technician is."""

    step: Literal["en_route", "on_site"]


class WorkOrderStatusView(BaseModel):
    """Where the order stands now."""

    id: str
    state: WorkOrderState
    links: dict[str, str]

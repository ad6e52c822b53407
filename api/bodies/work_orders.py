"""The bodies of the work order endpoints."""

from typing import Literal

from pydantic import BaseModel

from models.requests.completion import Completion
from models.requests.enrollment import TimeWindow
from models.states.work_order import WorkOrderState
from models.values import Line, Value


class AppointmentRequest(TimeWindow):
    """The appointment's start and end, and the technician who comes."""

    technician: Line | None = None


class CompletionRequest(Completion):
    """A technician's report of one visit."""


class ProgressRequest(Value):
    """Whether the technician is on the way or on site."""

    step: Literal["en_route", "on_site"]


class WorkOrderStatusView(BaseModel):
    """A work order's state right after the call."""

    id: str
    state: WorkOrderState
    links: dict[str, str]

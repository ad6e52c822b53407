"""Guided flows as people fill them in."""

from typing import Any

from pydantic import Field

from models.catalog.panels import Choice, FieldKind, FieldPart
from models.classifications import Channel
from models.decision import DecisionOutcome, Finding
from models.errors import Pointer
from models.requests.process_flow import ProcessFlowType
from models.states.process_flow import ProcessFlowState
from models.values import Instant
from models.views.view import View


class ProcessFlowSummary(View):
    """A guided flow in a list."""

    id: str
    type: ProcessFlowType
    service_task_type: str
    customer: str
    subscription: str | None
    channel: Channel
    started_by: str
    state: ProcessFlowState
    current_panel: str
    version: int
    result: str | None
    reason: str | None
    expires_at: Instant
    created_at: Instant
    updated_at: Instant
    available_actions: tuple[str, ...]


class FieldView(View):
    """One field as it is shown, with what was entered or its default."""

    code: str
    kind: FieldKind
    label: str
    help: str | None
    required: bool
    value: Any = Field(
        description="as it is entered: text, a number, or an object of `parts`; of `device`, a list of these"
    )
    choices: tuple[Choice, ...]
    parts: tuple[FieldPart, ...] = Field(description="what the value is made of: answers, terms, a window, each device")
    url: str | None = Field(description="what to read before it is entered: the terms")
    max_length: int | None = Field(description="characters of text")
    minimum: float | None = Field(description="the least number, or the fewest devices")
    maximum: float | None = Field(description="the greatest number, or the most devices")


class FieldErrorView(View):
    """What is missing or wrong, and where."""

    pointer: str
    detail: str

    @classmethod
    def from_pointer(cls, fault: Pointer) -> "FieldErrorView":
        """The pointer of an error."""
        return cls(pointer=fault.pointer, detail=fault.detail)


class PanelView(View):
    """One panel; only what is visible has fields."""

    code: str
    title: str
    help: str | None
    visible: bool
    complete: bool
    fields: tuple[FieldView, ...]
    faults: tuple[FieldErrorView, ...]


class DecisionPreview(View):
    """What would be decided, were it finished now; later may be different, if another takes the last place."""

    as_of: Instant
    outcome: DecisionOutcome
    findings: tuple[Finding, ...] = Field(
        description="what stands in the way or should be known; pointers lead to the fields as those of `faults` do"
    )


class ProcessFlowView(ProcessFlowSummary):
    """A guided flow with its panels, where to go from here, and the request that Finish would submit."""

    panels: tuple[PanelView, ...]
    previous_panel: str | None
    next_panel: str | None
    complete: bool
    configuration_changed: bool
    summary: dict[str, Any]
    outlook: DecisionPreview | None = Field(description="of a complete draft of an enrollment or unenrollment")
    links: dict[str, str]

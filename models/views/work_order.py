"""The views of a work order: what to do, where and when, what was reported, and what can be done next."""

from typing import Any

from pydantic import Field

from models.classifications import AssetOwnership
from models.states.work_order import CompletionOutcome, WorkOrderKind, WorkOrderState
from models.values import Instant
from models.views.view import View


class WorkOrderSummary(View):
    """A work order in a list."""

    id: str
    number: str
    kind: WorkOrderKind
    state: WorkOrderState
    journey: str
    enrollment: str
    subscription: str
    device: str | None
    program: str
    customer: str
    service_point: str
    priority: str
    reason: str
    technician: str | None
    appointment_start: Instant | None
    appointment_end: Instant | None
    attempt: int
    maximum_attempts: int
    outcome: str | None
    sent_back: str | None
    called_off: str | None
    unclaimed: str | None = Field(description="what was done on site that no request stands for, until it is settled")
    escalated: bool
    created_at: Instant
    updated_at: Instant
    available_actions: tuple[str, ...]
    links: dict[str, str]


class CompletionView(View):
    """A technician's report. `verdict` is absent until the workflow has processed it."""

    completion_id: str
    attempt: int
    outcome: CompletionOutcome
    received_at: Instant
    verdict: str | None
    report: dict[str, Any]


class WorkOrderView(WorkOrderSummary):
    """All that a technician and the office need of one order."""

    ownership: AssetOwnership
    contact_phone: str | None
    access_notes: str | None
    wished_start: Instant | None
    wished_end: Instant | None
    address: str
    time_zone: str
    possible_outcomes: tuple[CompletionOutcome, ...]
    dispatch_reference: str | None
    reminders: int
    completions: tuple[CompletionView, ...]
    next_step: str

"""What people are shown of field work: what to do, where and when, what was reported, what can be done next."""

from typing import Any

from models.states.enrollment import AssetOwnership
from models.states.work_order import CompletionOutcome
from models.values import Instant
from models.views.enrollment import View, WorkOrderSummary


class CompletionView(View):
    """What a technician reported. `verdict` is absent until the flow has looked at it."""

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

"""The items of the attention list, in one shape for every kind of request."""

from enum import StrEnum
from typing import Any

from pydantic import Field

from models.values import Instant
from models.views.view import View


class AttentionKind(StrEnum):
    """Why something is on the list."""

    ENROLLMENT_PARKED = "enrollment_parked"
    UNENROLLMENT_PARKED = "unenrollment_parked"
    SERVICE_CALL_PARKED = "service_call_parked"
    SYNC_REQUEST_IN_ERROR = "sync_request_in_error"
    SYNC_REQUEST_HELD_UP = "sync_request_held_up"
    NOT_CONTROLLABLE = "not_controllable"
    VISIT_ESCALATED = "visit_escalated"
    SHIPMENT_ESCALATED = "shipment_escalated"
    APPROVAL_AWAITED = "approval_awaited"
    WORK_UNCLAIMED = "work_unclaimed"
    SHIPMENT_UNCLAIMED = "shipment_unclaimed"
    RECOVERY_PENDING = "recovery_pending"
    MESSAGE_UNDELIVERABLE = "message_undeliverable"
    DELIVERY_DELAYED = "delivery_delayed"


class AttentionAction(View):
    """One thing that can be done about it, in one call."""

    action: str
    method: str
    href: str
    body: dict[str, Any] | None = Field(default=None, description="what to send, with a hint where a person decides")


class AttentionItem(View):
    """What needs a person: what, since when, why, and what can be done."""

    kind: AttentionKind
    id: str
    program: str | None
    enrollment: str | None
    subscription: str | None
    since: Instant
    why: str
    next_step: str
    actions: tuple[AttentionAction, ...]
    links: dict[str, str]

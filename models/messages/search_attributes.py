"""The search attributes by which the Temporal UI finds workflows."""

from collections.abc import Mapping
from enum import StrEnum


class WorkflowStage(StrEnum):
    """Where the flow stands, as the search attribute `Stage` says it."""

    ENROLLING = "enrolling"
    WAITLISTED = "waitlisted"
    AWAITING_SITE_VISIT = "awaiting_site_visit"
    AWAITING_SHIPMENT = "awaiting_shipment"
    CHECKING_DEVICE = "checking_device"
    UNENROLLING = "unenrolling"
    AWAITING_APPROVAL = "awaiting_approval"
    SCHEDULED = "scheduled"
    REMOVING = "removing"
    TROUBLESHOOTING = "troubleshooting"
    SYNCHRONIZING = "synchronizing"
    NEEDS_ATTENTION = "needs_attention"
    SYNCHRONIZED = "synchronized"
    NOT_SYNCHRONIZED = "not_synchronized"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    CLOSED = "closed"


SEARCH_ATTRIBUTES: Mapping[str, str] = {
    "Program": "Keyword",
    "AccountId": "Keyword",
    "Stage": "Keyword",
    "NeedsAttention": "Bool",
}
"""What flows can be found by in the Temporal UI. Ids and stages only: these are never encrypted."""

"""The search attributes by which the Temporal UI finds workflows."""

from collections.abc import Mapping
from enum import StrEnum


class WorkflowStage(StrEnum):
    """The stage of a workflow, the value of the search attribute `Stage`."""

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
"""The search attributes of workflows in the Temporal UI: only ids and stages, because Temporal never encrypts them."""

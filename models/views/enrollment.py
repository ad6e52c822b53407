"""The views of an enrollment."""

from typing import Any

from pydantic import Field

from models.classifications import AssetOwnership, Channel, InstallationMethod
from models.decision import Decision
from models.states.enrollment import EnrollmentState
from models.states.subscription import SubscriptionState
from models.values import Instant
from models.views.device_setup import HeadEndRequestSummary, ShipmentSummary
from models.views.subscription import SubscriptionView
from models.views.sync_request import SyncRequestSummary
from models.views.view import TimelineEntry, View
from models.views.work_order import WorkOrderSummary


class EnrollmentSummary(View):
    """An enrollment in a list."""

    id: str
    transaction_id: str
    channel: Channel
    requester: str
    customer: str
    account: str
    service_point: str
    program: str
    installation_method: InstallationMethod
    asset_ownership: AssetOwnership
    state: EnrollmentState
    subscription_state: SubscriptionState | None = Field(
        description="whether the customer participates now: an enrollment stays enrolled after participation has ended"
    )
    reason: str | None
    submitted_at: Instant
    updated_at: Instant


class RelatedRequest(View):
    """An unenrollment or a service call, as the enrollment shows it; `links.self` has the details."""

    id: str
    state: str
    reason: str | None
    submitted_at: Instant
    links: dict[str, str]


class EnrollmentView(EnrollmentSummary):
    """An enrollment with its details."""

    start: Instant
    devices_requested: tuple[dict[str, Any], ...]
    decision: Decision | None
    waitlist_position: int | None
    subscription: SubscriptionView | None
    work_orders: tuple[WorkOrderSummary, ...]
    shipments: tuple[ShipmentSummary, ...] = Field(description="devices sent to the customer, the oldest first")
    head_end_requests: tuple[HeadEndRequestSummary, ...] = Field(
        description="status checks, and remote actions of service calls, the oldest first"
    )
    unenrollments: tuple[RelatedRequest, ...]
    service_calls: tuple[RelatedRequest, ...]
    sync_requests: tuple[SyncRequestSummary, ...]
    timeline: tuple[TimelineEntry, ...]
    next_step: str
    available_actions: tuple[str, ...]
    links: dict[str, str]

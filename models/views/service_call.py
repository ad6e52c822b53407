"""What people are shown of a service call."""

from typing import Any

from pydantic import Field

from models.classifications import Channel
from models.requests.service_call import ServiceAction
from models.states.service_call import ServiceCallState
from models.values import Instant
from models.views.device_setup import HeadEndRequestSummary
from models.views.subscription import SubscriptionDeviceView
from models.views.sync_request import SyncRequestSummary
from models.views.view import TimelineEntry, View
from models.views.work_order import WorkOrderSummary


class ServiceCallSummary(View):
    """A service call in a list."""

    id: str
    transaction_id: str
    channel: Channel
    requester: str
    customer: str
    account: str
    program: str
    subscription: str
    enrollment: str
    device: str
    problem: str = Field(description="the reported problem's code")
    action: ServiceAction | None = Field(description="what is under way; none while it is being looked at")
    state: ServiceCallState
    outcome: str | None
    replaced_by: str | None = Field(description="the device that came instead")
    reason: str | None
    submitted_at: Instant
    updated_at: Instant


class ServiceCallView(ServiceCallSummary):
    """A service call with its devices, visits, sync requests, and everything that happened."""

    problem_text: str | None
    steps_tried: tuple[str, ...]
    devices: tuple[SubscriptionDeviceView, ...]
    head_end_requests: tuple[HeadEndRequestSummary, ...] = Field(
        description="what its head-end was asked to do with the device, the oldest first"
    )
    work_orders: tuple[WorkOrderSummary, ...]
    sync_requests: tuple[SyncRequestSummary, ...]
    timeline: tuple[TimelineEntry, ...]
    next_step: str
    possible_actions: tuple[ServiceAction, ...] = Field(description="what can be chosen now, for such a device")
    available_actions: tuple[str, ...]
    links: dict[str, Any]

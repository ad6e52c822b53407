"""What people are shown of requests to leave a program."""

from models.classifications import Channel, RemovalMethod
from models.decision import Decision
from models.states.subscription import SubscriptionState
from models.states.unenrollment import UnenrollmentState
from models.states.work_order import WorkOrderState
from models.values import Instant
from models.views.subscription import SubscriptionDeviceView
from models.views.sync_request import SyncRequestSummary
from models.views.view import TimelineEntry, View


class UnenrollmentSummary(View):
    """An unenrollment in a list."""

    id: str
    transaction_id: str
    channel: Channel
    requester: str
    customer: str
    account: str
    program: str
    subscription: str
    enrollment: str
    unenrollment_reason: str | None
    effective_at: Instant
    state: UnenrollmentState
    reason: str | None
    submitted_at: Instant
    updated_at: Instant


class UnenrollmentDeviceView(SubscriptionDeviceView):
    """A device that leaves: `left`: it takes part no more; `ended`: taken away (removed) or where it was (kept)."""

    removal_method: RemovalMethod
    left: bool
    ended: str | None
    needs_attention: str | None
    work_order: str | None
    work_order_number: str | None
    work_order_state: WorkOrderState | None
    available_actions: tuple[str, ...]


class UnenrollmentView(UnenrollmentSummary):
    """An unenrollment with its details."""

    whole_subscription: bool
    subscription_number: str
    subscription_state: SubscriptionState
    note: str | None
    decision: Decision | None
    devices: tuple[UnenrollmentDeviceView, ...]
    sync_requests: tuple[SyncRequestSummary, ...]
    timeline: tuple[TimelineEntry, ...]
    next_step: str
    available_actions: tuple[str, ...]
    links: dict[str, str]

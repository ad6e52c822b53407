"""What people are shown. Frozen, made in one place each, complete enough to act on: `available_actions` says how."""

from datetime import date
from decimal import Decimal
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from models.decision import Decision, DecisionOutcome, Finding
from models.states.enrollment import (
    AccountStatus,
    AssetOwnership,
    Channel,
    CustomerClass,
    EnrollmentState,
    InstallationMethod,
    MeterType,
    PremiseType,
    RegistrationState,
    SubscriptionState,
    SyncKind,
    SyncState,
)
from models.states.head_end import HeadEndOutcome, RequestKind
from models.states.work_order import HeadEndRequestState, ShipmentState, WorkOrderKind, WorkOrderState
from models.values import Instant

_SHIPMENT: dict[str, Any] = {
    "id": "shp_01jz8m3k5p7r9t1v3x5z7b9d1f",
    "number": "SH-3X5Z7B9D1F",
    "enrollment": "enr_01jz8m3k5p7r9t1v3x5z7b9d1g",
    "customer": "cus_01jz8m3k5p7r9t1v3x5z7b9d1h",
    "service_point": "SP-4000001",
    "program": "TSTAT-KIT",
    "state": "delivered",
    "carrier": "Parcel Post",
    "tracking_reference": "PP-4711",
    "sent_back": "The serial number is held by another customer.",
    "escalated": False,
    "created_at": "2026-06-01T14:30:00Z",
    "updated_at": "2026-06-02T08:00:00Z",
    "next_step": "The customer confirms again: what they confirmed could not be used. The serial number is held by "
    "another customer.",
    "available_actions": ["confirmed", "returned"],
    "links": {"self": "/v1/shipments/shp_01jz8m3k5p7r9t1v3x5z7b9d1f"},
}
_HEAD_END_REQUEST: dict[str, Any] = {
    "id": "her_01jz8m3k5p7r9t1v3x5z7b9d1j",
    "kind": "status_check",
    "journey": "enr_01jz8m3k5p7r9t1v3x5z7b9d1g",
    "enrollment": "enr_01jz8m3k5p7r9t1v3x5z7b9d1g",
    "head_end": "sensi-cloud",
    "manufacturer": "Emerson",
    "serial_number": "SN-4711",
    "state": "answered",
    "outcome": "offline",
    "said": "No contact for two days.",
    "created_at": "2026-06-09T17:10:00Z",
    "updated_at": "2026-06-09T17:10:01Z",
    "next_step": "The device is offline: have it switched on and connected.",
    "links": {"journey": "/v1/program-enrollments/enr_01jz8m3k5p7r9t1v3x5z7b9d1g"},
}


class View(BaseModel):
    """Something shown."""

    model_config = ConfigDict(frozen=True)


ViewT = TypeVar("ViewT", bound=View)


class Page(View, Generic[ViewT]):
    """A part of a list; `next_cursor` leads on, and is absent at the end."""

    items: tuple[ViewT, ...]
    next_cursor: str | None = None


class EnrollmentSummary(View):
    """An enrolment in a list."""

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
        description="whether the customer takes part now: an enrolment stays enrolled also after they left"
    )
    reason: str | None
    submitted_at: Instant
    updated_at: Instant


class TimelineEntry(View):
    """One thing that happened, in words."""

    at: Instant
    what: str
    subject: str
    journey: str = Field(description="the request it belongs to")
    state: str | None
    reason: str
    actor: str
    link: str | None = Field(description="where the subject is seen, if it has a door")


class RelatedRequest(View):
    """A request to leave or a service call, as the enrolment shows it; `links.self` has all of it."""

    id: str
    state: str
    reason: str | None
    submitted_at: Instant
    links: dict[str, str]


class SubscriptionDeviceView(View):
    """A device of a subscription."""

    id: str
    specification: str
    manufacturer: str
    model: str
    serial_number: str
    rated_kw: Decimal
    registration: RegistrationState
    message: str
    controllable: bool


class SubscriptionView(View):
    """The taking part that an enrolment led to."""

    id: str
    number: str
    state: SubscriptionState
    start: Instant
    end: Instant | None
    devices: tuple[SubscriptionDeviceView, ...]


class SyncRequestSummary(View):
    """A sync request in a list."""

    id: str
    kind: SyncKind
    subscription: str
    sequence: int
    enrollment: str
    program: str
    state: SyncState
    attempts: int
    held: bool = Field(description="waits for the batch that sends this program's messages")
    note: str | None = Field(description="why it was discarded or given up, or what holds it up")
    error_code: str | None
    error_text: str | None
    created_at: Instant
    updated_at: Instant
    available_actions: tuple[str, ...]


class SyncRequestView(SyncRequestSummary):
    """A sync request with what was sent and what was answered."""

    revision: int
    snapshot: dict[str, Any]
    acknowledgement: dict[str, Any] | None
    acknowledged_at: Instant | None
    waits_for: str = Field(description="what must happen before it is sent; empty if nothing")
    links: dict[str, str]


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


class ShipmentSummary(View):
    """A device on its way to a customer, in a list."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SHIPMENT]})

    id: str
    number: str
    enrollment: str
    customer: str
    service_point: str
    program: str
    state: ShipmentState
    carrier: str | None
    tracking_reference: str | None
    sent_back: str | None
    unclaimed: str | None = Field(
        default=None, description="why the device should come back, until it did or that is settled"
    )
    escalated: bool
    created_at: Instant
    updated_at: Instant = Field(description="since when it is in this state")
    next_step: str
    available_actions: tuple[str, ...]
    links: dict[str, str]


class HeadEndRequestSummary(View):
    """A question after a device's status or something it was told to do, through its head-end, in a list."""

    model_config = ConfigDict(json_schema_extra={"examples": [_HEAD_END_REQUEST]})

    id: str
    kind: RequestKind
    journey: str = Field(description="the request it was asked for")
    enrollment: str
    head_end: str
    manufacturer: str
    serial_number: str
    state: HeadEndRequestState
    outcome: HeadEndOutcome | None
    said: str | None = Field(description="the head-end's own words")
    created_at: Instant
    updated_at: Instant = Field(description="since when it is in this state")
    next_step: str
    links: dict[str, str]


class EnrollmentView(EnrollmentSummary):
    """All that is known of an enrolment."""

    start: Instant
    devices_requested: tuple[dict[str, Any], ...]
    decision: Decision | None
    waitlist_position: int | None
    subscription: SubscriptionView | None
    work_orders: tuple[WorkOrderSummary, ...]
    shipments: tuple[ShipmentSummary, ...] = Field(description="devices sent to the customer, the oldest first")
    head_end_requests: tuple[HeadEndRequestSummary, ...] = Field(
        description="status checks, and what devices were told to do in service calls, the oldest first"
    )
    unenrollments: tuple[RelatedRequest, ...]
    service_calls: tuple[RelatedRequest, ...]
    sync_requests: tuple[SyncRequestSummary, ...]
    timeline: tuple[TimelineEntry, ...]
    next_step: str
    available_actions: tuple[str, ...]
    links: dict[str, str]


class ServicePointView(View):
    """A service point with its address."""

    service_point: str
    account: str
    account_status: AccountStatus
    premise: str
    address: str
    city: str
    region: str
    postal_code: str
    country: str
    time_zone: str
    premise_type: PremiseType
    owner_occupied: bool
    customer_class: CustomerClass
    tariff: str
    meter_type: MeterType
    phase_count: int
    feeder: str | None
    substation: str | None
    critical: bool
    effective_from: date
    effective_to: date | None


class CustomerSummary(View):
    """A customer in a list."""

    id: str
    cis_person_id: str
    name: str
    email: str | None
    phone: str | None
    language: str
    accounts: tuple[str, ...]


class CustomerView(CustomerSummary):
    """A customer with the places served."""

    service_points: tuple[ServicePointView, ...]


class ProgramView(View):
    """A program as one chooses among them."""

    code: str
    name: str
    description: str
    program_type: str
    active: bool
    opens: date | None
    closes: date | None
    asset_types: tuple[str, ...]
    offers: tuple[dict[str, str], ...]
    devices_minimum: int
    devices_maximum: int
    terms_version: str
    terms_url: str
    questions: tuple[dict[str, Any], ...]
    incentive: str | None
    capacity: dict[str, Any]


class ProgramEligibility(View):
    """Whether one could apply for a program at a service point, and why not."""

    program: str
    name: str
    eligible: bool
    outcome: DecisionOutcome
    findings: tuple[Finding, ...]


class EligiblePrograms(View):
    """The answer for one service point at an instant."""

    service_point: str
    as_of: Instant
    programs: tuple[ProgramEligibility, ...]

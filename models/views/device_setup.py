"""The views of a device shipment and of a head-end request."""

from typing import Any

from pydantic import ConfigDict, Field

from models.states.head_end import HeadEndOutcome, HeadEndRequestState, RequestKind
from models.states.shipment import ShipmentState
from models.values import Instant
from models.views.view import View

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
    """A status check or a remote action, in a list."""

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


class ShipmentStatusView(View):
    """The current state of a shipment and its available actions."""

    id: str
    state: ShipmentState
    links: dict[str, str]


class ShipmentView(ShipmentSummary):
    """A shipment, complete enough to send it and to act on it."""

    address: str
    reminders: int
    serial_number: str | None
    confirmed_by: str | None

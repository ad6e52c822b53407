"""What can be done about what needs a person: the doors, and what to send to them."""

from typing import Any

from models.attention_views import AttentionAction, AttentionKind
from models.task_states import ShipmentState
from rules.shipment_guidance import shipment_actions

_K = AttentionKind
_DOORS = {
    "enr": "/v1/program-enrollments",
    "unr": "/v1/program-unenrollments",
    "svc": "/v1/service-calls",
    "syn": "/v1/sync-requests",
    "wo": "/v1/work-orders",
    "shp": "/v1/shipments",
}
_NEXT: dict[AttentionKind, str] = {
    _K.ENROLLMENT_PARKED: "Remove the cause and retry it, or cancel it.",
    _K.UNENROLLMENT_PARKED: "Remove the cause and retry it, or cancel it.",
    _K.SERVICE_CALL_PARKED: "Remove the cause and retry it, or cancel it.",
    _K.SYNC_REQUEST_IN_ERROR: "Correct the data and retry it, or give it up with a reason.",
    _K.SYNC_REQUEST_HELD_UP: "Retry the one that it waits for, or give that one up; then this one goes by itself.",
    _K.NOT_CONTROLLABLE: "Have the DERMS told again, or end the participation.",
    _K.VISIT_ESCALATED: "Make an appointment, or cancel what the visit was ordered for.",
    _K.VISITS_USED_UP: "Retry for one more visit, or cancel what the visit was ordered for.",
    _K.SHIPMENT_ESCALATED: "Ask the warehouse, carrier or customer; say how far it is, or cancel the enrolment.",
    _K.RECOVERY_PENDING: "The participation has ended; the hardware is still to be fetched, or left where it is.",
    _K.MESSAGE_UNDELIVERABLE: "It is tried again by itself; see to it that Temporal runs.",
}
_REASON = {"reason": "<why>"}
_OF_SHIPMENT: dict[str, dict[str, Any] | None] = {
    "shipped": {"carrier": "<name>", "tracking_reference": "<number>"},
    "delivered": None,
    "confirmed": {"specification": "<code>", "serial_number": "<number>", "confirmed_by": "<who>"},
    "returned": _REASON,
}


def door(of: str) -> str:
    """Where the thing of that id is seen; empty for what has no door."""
    collection = _DOORS.get(of.partition("_")[0])
    return f"{collection}/{of}" if collection else ""


def next_step(kind: AttentionKind) -> str:
    """What a person should do, in words."""
    return _NEXT[kind]


def actions(
    kind: AttentionKind, of: str, journey: str, subscription: str | None, state: str | None
) -> tuple[AttentionAction, ...]:
    """What can be done about the thing of that id; `journey` is the request it belongs to, or what holds it up.
    `state`: how far a shipment is."""
    if kind is _K.MESSAGE_UNDELIVERABLE:
        return (AttentionAction(action="look", method="GET", href="/readyz"),)
    if kind is _K.NOT_CONTROLLABLE:
        leaving = {"subscription": subscription, "reason": "<a reason code>"}
        return (
            _post("tell_again", "/v1/sync-requests", {"subscription": subscription}),
            _post("unenroll", "/v1/program-unenrollments", leaving),
        )
    if kind is _K.VISIT_ESCALATED:
        window = {"start": "<instant>", "end": "<instant>"}
        return (_post("appoint", f"{door(of)}/appointment", window), _cancel(journey))
    if kind is _K.VISITS_USED_UP:
        return (_post("retry", f"{door(journey)}/retry"), _cancel(journey))
    if kind is _K.SHIPMENT_ESCALATED:
        steps = shipment_actions(ShipmentState(state or ""))
        return (*(_post(step, f"{door(of)}/{step}", _OF_SHIPMENT[step]) for step in steps), _cancel(journey))
    if kind is _K.RECOVERY_PENDING:
        device = f"{door(of)}/devices/{{device}}"
        return (_post("received", f"{device}/received"), _post("kept", f"{device}/kept", _REASON))
    wrong = journey if kind is _K.SYNC_REQUEST_HELD_UP else of
    return (_post("retry", f"{door(wrong)}/retry"), _cancel(wrong))


def _post(action: str, href: str, body: dict[str, Any] | None = None) -> AttentionAction:
    return AttentionAction(action=action, method="POST", href=href, body=body)


def _cancel(of: str) -> AttentionAction:
    return _post("cancel", f"{door(of)}/cancel", _REASON)

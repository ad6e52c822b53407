"""What a person can do about an attention item: the next step, and each action with its endpoint and request body."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from models.classifications import RemovalMethod
from models.states.enrollment import EnrollmentState
from models.states.outbox import OutboxState
from models.states.service_call import ServiceCallState
from models.states.shipment import ShipmentState
from models.states.sync_request import SyncState
from models.states.unenrollment import UnenrollmentState
from models.states.work_order import WorkOrderState
from models.views.attention import AttentionAction, AttentionKind
from rules.available_actions import (
    enrollment_actions,
    outbox_message_actions,
    removal_actions,
    service_call_actions,
    shipment_actions,
    sync_request_actions,
    unenrollment_actions,
    work_order_actions,
)
from wording.links import READINESS, SYNC_REQUESTS, UNENROLLMENTS, link_to
from wording.outbox import message_next_step

_K = AttentionKind
_NEXT_STEPS: dict[AttentionKind, str] = {
    _K.ENROLLMENT_PARKED: "Remove the cause and retry it, or cancel it.",
    _K.UNENROLLMENT_PARKED: "Remove the cause and retry it, or cancel it.",
    _K.SERVICE_CALL_PARKED: "Remove the cause and retry it, or cancel it.",
    _K.SYNC_REQUEST_IN_ERROR: "Correct the data and retry it, or give it up with a reason.",
    _K.SYNC_REQUEST_HELD_UP: "Retry the one that it waits for, or give that one up; then this one goes by itself.",
    _K.NOT_CONTROLLABLE: "Have the DERMS notified again, or end the participation.",
    _K.VISIT_ESCALATED: "Make an appointment, or cancel what the visit was ordered for.",
    _K.SHIPMENT_ESCALATED: "Ask the warehouse, carrier or customer; say how far it is, or cancel the enrollment.",
    _K.APPROVAL_AWAITED: "A program manager approves the request or turns it down.",
    _K.WORK_UNCLAIMED: "See to what was done on site: have it undone, or ask for what fits it; then settle it.",
    _K.SHIPMENT_UNCLAIMED: "Have the device sent back; or settle it, where the customer keeps it or it is lost.",
    _K.RECOVERY_PENDING: "The participation has ended; the hardware is still to be fetched, or left where it is.",
    _K.MESSAGE_UNDELIVERABLE: message_next_step(OutboxState.UNDELIVERABLE),
    _K.DELIVERY_DELAYED: "Messages are delivered by themselves once Temporal takes them; see to it that it runs.",
}
_REASON = {"reason": "<why>"}
_REQUEST_BODIES: dict[str, dict[str, Any]] = {
    "cancel": _REASON,
    "give-up": _REASON,
    "kept": _REASON,
    "settle": _REASON,
    "returned": _REASON,
    "action": {"action": "<advice, remote_action or work_request>"},
    "appointment": {"start": "<instant>", "end": "<instant>"},
    "progress": {"step": "<en_route or on_site>"},
    "completion": {
        "completion_id": "<your own>",
        "outcome": "<outcome>",
        "technician": "<who>",
        "finished_at": "<instant>",
    },
    "shipped": {"carrier": "<name>", "tracking_reference": "<number>"},
    "confirmed": {"specification": "<code>", "serial_number": "<number>", "confirmed_by": "<who>"},
}
"""The request body of each action that needs one; a person fills in what stands in angle brackets."""


@dataclass(frozen=True, slots=True)
class AttentionCase:
    """What needs a person.

    `id` names it, `request_id` the request it belongs to or that holds it up; `details` says how far it is.
    """

    kind: AttentionKind
    id: str
    request_id: str
    subscription: str | None
    details: Mapping[str, Any]


def attention_next_step(kind: AttentionKind) -> str:
    """What a person should do, in words."""
    return _NEXT_STEPS[kind]


def attention_actions(waiting: AttentionCase) -> tuple[AttentionAction, ...]:
    """What can be done about it, each in one call: what its own view offers, and giving up what it is done for."""
    return _ACTIONS[waiting.kind](waiting)


def _check_readiness(waiting: AttentionCase) -> tuple[AttentionAction, ...]:
    return (AttentionAction(action="look", method="GET", href=READINESS),)


def _not_controllable_actions(waiting: AttentionCase) -> tuple[AttentionAction, ...]:
    here = {"subscription": waiting.subscription}
    return (
        _post_action("tell_again", SYNC_REQUESTS, here),
        _post_action("unenroll", UNENROLLMENTS, {**here, "reason": "<a reason code>"}),
    )


def _approval_actions(waiting: AttentionCase) -> tuple[AttentionAction, ...]:
    here = f"{link_to(waiting.id)}/approval"
    return (
        _post_action("approve", here, {"approved": True, **_REASON}),
        _post_action("refuse", here, {"approved": False, **_REASON}),
        _build_action(waiting.id, "cancel"),
    )


def _service_call_actions(waiting: AttentionCase) -> tuple[AttentionAction, ...]:
    resume = waiting.details["resume_state"]
    return _build_actions(waiting.id, service_call_actions(ServiceCallState.NEEDS_ATTENTION, resume, under_way=False))


def _site_visit_actions(waiting: AttentionCase) -> tuple[AttentionAction, ...]:
    steps = work_order_actions(WorkOrderState(waiting.details["state"]), called_off=False, unclaimed=False)
    return (
        *_build_actions(waiting.id, (one for one in steps if one != "cancel")),
        _build_action(waiting.request_id, "cancel"),
    )


def _shipment_actions(waiting: AttentionCase) -> tuple[AttentionAction, ...]:
    steps = shipment_actions(ShipmentState(waiting.details["state"]), unclaimed=False)
    return (*_build_actions(waiting.id, steps), _build_action(waiting.request_id, "cancel"))


def _unenrollment_actions(waiting: AttentionCase) -> tuple[AttentionAction, ...]:
    """The request's own actions, and those of each device that is still to be fetched."""
    state, devices = UnenrollmentState(waiting.details["state"]), waiting.details["devices"]
    of_devices = [
        (f"{waiting.id}/devices/{one['device']}", step)
        for one in devices
        for step in removal_actions(state, RemovalMethod(one["method"]), one["ended"])
    ]
    whole = unenrollment_actions(state, a_device_left=any(one["left"] for one in devices))
    return (*_build_actions(waiting.id, whole), *(_build_action(device, step) for device, step in of_devices))


def _build_actions(of: str, steps: Iterable[str]) -> tuple[AttentionAction, ...]:
    return tuple(_build_action(of, step) for step in steps)


def _build_action(of: str, step: str) -> AttentionAction:
    return _post_action(step, f"{link_to(of)}/{step}", _REQUEST_BODIES.get(step))


def _post_action(action: str, href: str, body: Mapping[str, Any] | None = None) -> AttentionAction:
    return AttentionAction(action=action, method="POST", href=href, body=dict(body) if body else None)


_ACTIONS: Mapping[AttentionKind, Callable[[AttentionCase], tuple[AttentionAction, ...]]] = {
    _K.ENROLLMENT_PARKED: lambda one: _build_actions(one.id, enrollment_actions(EnrollmentState.NEEDS_ATTENTION)),
    _K.UNENROLLMENT_PARKED: _unenrollment_actions,
    _K.SERVICE_CALL_PARKED: _service_call_actions,
    _K.SYNC_REQUEST_IN_ERROR: lambda one: _build_actions(one.id, sync_request_actions(SyncState.ERROR)),
    _K.SYNC_REQUEST_HELD_UP: lambda one: _build_actions(one.request_id, sync_request_actions(SyncState.ERROR)),
    _K.NOT_CONTROLLABLE: _not_controllable_actions,
    _K.VISIT_ESCALATED: _site_visit_actions,
    _K.SHIPMENT_ESCALATED: _shipment_actions,
    _K.APPROVAL_AWAITED: _approval_actions,
    _K.WORK_UNCLAIMED: lambda one: _build_actions(one.id, ("settle",)),
    _K.SHIPMENT_UNCLAIMED: lambda one: _build_actions(
        one.id, shipment_actions(ShipmentState.CANCELLED, unclaimed=True)
    ),
    _K.RECOVERY_PENDING: _unenrollment_actions,
    _K.MESSAGE_UNDELIVERABLE: lambda one: _build_actions(one.id, outbox_message_actions(OutboxState.UNDELIVERABLE)),
    _K.DELIVERY_DELAYED: _check_readiness,
}

"""What people read about a service call: its next step, its timeline sentences, and what helps instead of an action."""

from models.errors import Conflict, Invalid, Pointer
from models.states.head_end import HeadEndOutcome
from models.states.service_call import SERVICE_CALL_TRANSITIONS, ServiceCallState
from wording.links import ENROLLMENTS, SERVICE_CALLS, link_to

_C = ServiceCallState

_NEXT_STEPS: dict[ServiceCallState, str] = {
    _C.OPEN: "The call was received and is taken up next.",
    _C.TROUBLESHOOTING: "Somebody decides what shall be done: advice, a remote action or a visit.",
    _C.WORK_REQUESTED: "A work order is being made.",
    _C.AWAITING_SITE_VISIT: "A technician will visit; the work order says when.",
    _C.RESOLVED: "The call is resolved.",
    _C.REPLACED: "The device was replaced; the DERMS is notified next, then the call is closed.",
    _C.CLOSED: "The call is closed. A new one can be opened while the device takes part.",
    _C.CANCELLED: "The call was cancelled. A new one can be opened while the device takes part.",
    _C.NEEDS_ATTENTION: "The call is stuck and an operator has been called; the reason says why.",
}
_CANCEL_FIRST = "To do something else, cancel the call first: POST …/cancel."
_ADVICE_WHILE_IN_PROGRESS: dict[ServiceCallState, str] = {
    _C.OPEN: f"What was chosen is taken up next; wait for what comes of it. {_CANCEL_FIRST}",
    _C.TROUBLESHOOTING: f"Wait for the answer of the head-end, which was asked to act on the device. {_CANCEL_FIRST}",
    _C.WORK_REQUESTED: f"Wait for the technician's report. {_CANCEL_FIRST}",
    _C.AWAITING_SITE_VISIT: f"Wait for the technician's report. {_CANCEL_FIRST}",
}
_HEAD_END_FAILURES: dict[HeadEndOutcome, str] = {
    HeadEndOutcome.OFFLINE: "The head-end cannot reach the device.",
    HeadEndOutcome.UNKNOWN: "The head-end does not know the device.",
    HeadEndOutcome.FAILED: "The device could not perform the action.",
}

TIMELINE_SENTENCES: dict[str, str] = {
    "svc:open": "Service call opened",
    "svc:troubleshooting": "Being looked at",
    "svc:action_chosen": "Action chosen",
    "svc:remote_action": "The head-end was asked to act on the device",
    "svc:work_requested": "Visit requested",
    "svc:awaiting_site_visit": "A technician will visit",
    "svc:resolved": "Resolved",
    "svc:replaced": "Device replaced",
    "svc:device_replaced": "Another device was installed in its place",
    "svc:closed": "Service call closed",
    "svc:cancelled": "Service call cancelled",
    "svc:needs_attention": "Stuck; needs attention",
    "svc:flow_started_again": "Workflow started again",
}


def service_call_next_step(state: ServiceCallState, *, remote_action: bool) -> str:
    """Returns what happens next. `remote_action`: the head-end is asked to act on the device."""
    if state is _C.TROUBLESHOOTING and remote_action:
        return "The head-end is asked to act on the device."
    return _NEXT_STEPS[state]


def suggest_instead_of_action(state: ServiceCallState) -> str:
    """Returns what helps where no action can be chosen."""
    if not SERVICE_CALL_TRANSITIONS[state] or state in (_C.RESOLVED, _C.REPLACED):
        return f"Open a new call for what is still wrong: POST {SERVICE_CALLS}."
    if state is _C.NEEDS_ATTENTION:
        return "Retry the call (POST …/retry), or cancel it (POST …/cancel)."
    return _ADVICE_WHILE_IN_PROGRESS[state]


def describe_head_end_failure(outcome: HeadEndOutcome) -> str:
    """Returns why the head-end's command did not help, for whoever chooses what is done next."""
    return _HEAD_END_FAILURES.get(outcome, "")


def describe_failed_remote_action(trouble: str) -> str:
    """Returns why a remote action came to nothing yet. `trouble`: what the head-end said, if it was asked."""
    if trouble:
        return f"The head-end did not act on the device: {trouble}"
    return "The head-end did not act on the device: it was not answered for in time."


def service_call_waits_for_decision(why: str, service_call_id: str) -> str:
    """Returns what the Temporal UI shows while nobody has chosen an action. `why`: a whole sentence, or nothing."""
    return f"Waiting for a decision. {why} Choose what shall be done: POST {link_to(service_call_id)}/action."


def service_call_waits_for_person(why: str, service_call_id: str) -> str:
    """Returns what the Temporal UI shows of a parked service call. `why`: a whole sentence."""
    return f"{why} Retry, choose another action, or cancel: POST {link_to(service_call_id)}/retry, /action or /cancel."


def unknown_device_on_subscription() -> Invalid:
    """Returns the problem: the device is not on the subscription, or one of them does not exist."""
    return Invalid(
        "There is no such device on such a subscription; nothing was stored.",
        fix=f"GET {ENROLLMENTS}/{{id}} names the subscription and its devices.",
        code="unknown-reference",
        pointers=[Pointer("/device", "is no device of this subscription")],
    )


def device_not_participating(program: str, subscription: str, device: str, enrollment_id: str) -> Conflict:
    """Returns the problem: the device is not enrolled. `subscription`, `device`: their states."""
    return Conflict(
        f"The device does not take part in {program}: the subscription is {subscription}, the device "
        f"{device.replace('_', ' ')}.",
        fix=f"Wait until it is set up, or enroll it again; GET {link_to(enrollment_id)} says how far it is.",
        code="not-subscribed",
    )


def unenrollment_in_progress(program: str, unenrollment_id: str) -> Conflict:
    """Returns the problem: the customer is leaving the program."""
    return Conflict(
        f"The customer is leaving {program}: unenrollment {unenrollment_id} is open, so no service call can be opened "
        "for its devices.",
        fix=f"Cancel the unenrollment first (POST {link_to(unenrollment_id)}/cancel), or let it end.",
        code="unenrollment-open",
    )


def service_call_already_open(service_call_id: str) -> Conflict:
    """Returns the problem: a device has at most one open service call."""
    return Conflict(
        f"Service call {service_call_id} is open for this device already.",
        fix=f"Go on with that one, GET {link_to(service_call_id)} says how; or cancel it first.",
        code="service-call-open",
    )


def technician_on_site(work_order: str, service_call_id: str, *, is_parked: bool) -> Conflict:
    """Returns the problem: what a technician does on site must not be lost. `is_parked`: retry the call first."""
    fix = "Wait for the report; it ends the call."
    if is_parked:
        fix = f"Retry the call first: POST {link_to(service_call_id)}/retry. Wait for the report; it ends the call."
    return Conflict(
        f"A technician is or was on the way or on site for {work_order}; what was done there must not be lost.",
        fix=fix,
        code="technician-on-site",
    )

"""What a workflow that waits for a person shows in the Temporal UI: what is wrong, and which endpoints continue it."""

from wording.links import ENROLLMENTS, SERVICE_CALLS, SYNC_REQUESTS, UNENROLLMENTS


def enrollment_needs_attention(why: str, enrollment_id: str) -> str:
    """Returns what a person can do about an enrollment that cannot go on."""
    return f"{why} Retry or cancel it: POST {ENROLLMENTS}/{enrollment_id}/retry or /cancel."


def removal_needs_attention(why: str, unenrollment_id: str, device_id: str) -> str:
    """Returns what a person can do about a device that could not be removed."""
    endpoint = f"{UNENROLLMENTS}/{unenrollment_id}"
    return f"{why} Retry it, or end it as kept: POST {endpoint}/retry or {endpoint}/devices/{device_id}/kept."


def sync_request_needs_attention(sync_request_id: str, code: str, text: str) -> str:
    """Returns what a person can do about a sync request in error. `text`: what the DERMS says, if it says anything."""
    reason = text or "The DERMS did not say why."
    return (
        f"{sync_request_id} is in error ({code}): {reason} Correct the data and retry it, or cancel it with a reason: "
        f"POST {SYNC_REQUESTS}/{sync_request_id}/retry or /cancel."
    )


def service_call_needs_attention(why: str, service_call_id: str) -> str:
    """Returns what a person can do about a service call that cannot go on."""
    return (
        f"{why} Retry, choose another action, or cancel: "
        f"POST {SERVICE_CALLS}/{service_call_id}/retry, /action or /cancel."
    )


def service_call_needs_decision(why: str, service_call_id: str) -> str:
    """Returns how a person chooses what is done about a service call."""
    return f"Waiting for a decision. {why} Choose an action: POST {SERVICE_CALLS}/{service_call_id}/action."

"""The timeline sentence of every audit action. A test compares them with all actions that the code can write."""

from collections.abc import Mapping

from wording import enrollment, head_end, outbox, service_call, shipment, sync_request, unenrollment, work_order

_SUBSCRIPTION_SENTENCES: dict[str, str] = {
    "sub:pending": "Subscription waits for its device",
    "sub:active": "Subscription active",
    "sub:suspended": "Subscription suspended",
    "sub:ending": "Subscription about to end",
    "sub:ended": "Subscription ended",
    "sub:cancelled": "Subscription cancelled",
}
_DEVICE_SENTENCES: dict[str, str] = {
    "dev:installed": "Device installed",
    "dev:enrolled": "Device enrolled",
    "dev:faulty": "Device marked faulty",
    "dev:removed": "Device taken down",
    "dev:retired": "Device retired",
    "dev:kept": "Device stays where it is",
    "dev:fetched": "Device taken away",
    "dev:not_deregistered": "Device not released by the DERMS",
}
_REGISTRATION_SENTENCES: dict[str, str] = {
    "reg:installed": "Device added to the subscription",
    "reg:registering": "Device being registered",
    "reg:registered": "Device registered by the DERMS",
    "reg:registration_failed": "Device not registered by the DERMS",
    "reg:removing": "Device being removed from the subscription",
    "reg:deregistered": "Device released by the DERMS",
    "reg:removed": "Device off the subscription, and taken away",
    "reg:kept": "Device off the subscription; it stays where it is",
}
_BACK_OFFICE_SENTENCES: dict[str, str] = {
    "pf:draft": "Guided request started",
    "pf:saved": "Guided request saved",
    "pf:renewed": "Guided request moved to the newest configuration",
    "pf:submitted": "Guided request submitted",
    "pf:finished": "Came from a guided request",
    "pf:cancelled": "Guided request cancelled",
    "pf:expired": "Guided request expired",
    "bat:running": "Batch started",
    "bat:completed": "Batch done",
    "bat:failed": "Batch failed",
    "catalog:applied": "Configuration put in force",
    "cis:imported": "Customers imported from the CIS",
}

REVERSAL_SENTENCES: Mapping[tuple[str, str], str] = {
    ("dev:installed", "enrolled"): "Device enrolled no longer",
    ("dev:installed", "faulty"): "Device enrolled no longer",
}
"""The sentences of actions that lead back from a state, by action and earlier state."""

TIMELINE_SENTENCES: Mapping[str, str] = {
    **enrollment.TIMELINE_SENTENCES,
    **unenrollment.TIMELINE_SENTENCES,
    **service_call.TIMELINE_SENTENCES,
    **_SUBSCRIPTION_SENTENCES,
    **_DEVICE_SENTENCES,
    **_REGISTRATION_SENTENCES,
    **sync_request.TIMELINE_SENTENCES,
    **work_order.TIMELINE_SENTENCES,
    **shipment.TIMELINE_SENTENCES,
    **head_end.TIMELINE_SENTENCES,
    **outbox.TIMELINE_SENTENCES,
    **_BACK_OFFICE_SENTENCES,
}


def describe_action(action: str, before: str | None = None) -> str:
    """Returns the sentence of an audit entry. `before`: the state that it led away from."""
    sentence = REVERSAL_SENTENCES.get((action, before or "")) or TIMELINE_SENTENCES.get(action)
    return sentence or action.replace(":", " ").replace("_", " ")

"""What people read about a sync request: its timeline sentences, what it waits for, and what cannot be done."""

from models.errors import Conflict, IllegalTransition
from models.states.sync_request import SyncState
from rules.synchronization.acknowledgements import DEVICE_FAILED, DEVICES_UNANSWERED, AcknowledgementEffect
from wording.links import SYNC_REQUESTS, link_to
from wording.templates import fill

TIMELINE_SENTENCES: dict[str, str] = {
    "syn:pending": "Notification of the DERMS queued",
    "syn:sending": "Being sent to the DERMS",
    "syn:awaiting_acknowledgement": "Sent to the DERMS",
    "syn:synchronized": "Acknowledged by the DERMS",
    "syn:error": "Not synchronized",
    "syn:cancelled": "Synchronization given up",
    "syn:discarded": "Not sent to the DERMS separately",
    "syn:held_up": "Waits for another change in error",
    "syn:released": "Released to be sent to the DERMS",
    "syn:handed_over": "Sent by a workflow of its own",
}

_UNANSWERED = "The DERMS said nothing of {unanswered} of {count} device(s)."
_NOT_REGISTERED = "The DERMS could not register {failed} of {count} device(s)."
_NOT_RELEASED = "The DERMS did not let go of {not_released} of {count} device(s)."
_NOT_REGISTERED_NOR_RELEASED = (
    "The DERMS could not register {failed} of {count} device(s). "
    "The DERMS did not let go of {not_released} of {count} device(s)."
)
_STATE_WORDS: dict[SyncState, str] = {state: state.replace("_", " ") for state in SyncState}


def describe_effect(effect: AcknowledgementEffect) -> str:
    """Returns why an acknowledgement leaves a sync request in error; what the DERMS itself said comes first."""
    values = {
        "failed": effect.failed,
        "not_released": len(effect.not_released),
        "unanswered": effect.unanswered,
        "count": effect.device_count,
    }
    if effect.code == DEVICES_UNANSWERED:
        return fill(_UNANSWERED, values)
    if effect.code == DEVICE_FAILED and not effect.text:
        if effect.failed and effect.not_released:
            return fill(_NOT_REGISTERED_NOR_RELEASED, values)
        return fill(_NOT_REGISTERED if effect.failed else _NOT_RELEASED, values)
    return effect.text


def describe_blocking_sync_request(sync_request: str, state: SyncState) -> str:
    """Returns which sync request another one of the same subscription waits for, and what helps."""
    if state is SyncState.ERROR:
        return (
            f"{sync_request}, which is in error: correct the data and retry it, or give it up: "
            f"POST {link_to(sync_request)}/retry or /cancel"
        )
    return f"{sync_request}, which is {_STATE_WORDS[state]}"


def sync_request_waits_for_person(sync_request: str, code: str, text: str) -> str:
    """Returns what the Temporal UI shows of a sync request in error. `text`: what the DERMS said, if anything."""
    said = text or "The DERMS did not say why."
    return (
        f"{sync_request} is in error ({code}): {said} Correct the data and retry it, or cancel it with a reason: "
        f"POST {link_to(sync_request)}/retry or /cancel."
    )


def not_in_error(state: SyncState) -> IllegalTransition:
    """Returns the problem: only a sync request in error can be retried."""
    return IllegalTransition(
        f"The sync request is {state}; only one in error can be retried.",
        fix=f"Nothing needs to be done if it is on its way. POST {SYNC_REQUESTS} notifies the DERMS again.",
    )


def subscription_not_active(state: str) -> Conflict:
    """Returns the problem: the DERMS is notified again only of an active subscription."""
    return Conflict(
        f"The subscription is {state}; there is nothing to send again.",
        fix=f"Only an active one is sent again; GET {SYNC_REQUESTS} lists what was sent before.",
    )


def sync_already_in_progress(sync_request: str) -> Conflict:
    """Returns the problem: another sync request of the subscription is on its way."""
    return Conflict(f"{sync_request} notifies the DERMS already.", fix=f"See GET {link_to(sync_request)}.")

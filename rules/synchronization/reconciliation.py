"""What it means when the DERMS' list and our record differ."""

from typing import NamedTuple

from models.batches import BatchFindingKind
from models.states.subscription import RegistrationState
from rules.synchronization.acknowledgements import REPORTED_STATES


class DeviceRecord(NamedTuple):
    """A device on a subscription as our record has it. `under_way`: a message about it is on its way, or just was."""

    registration: RegistrationState
    has_message_in_progress: bool


def find_difference(theirs: str, ours: DeviceRecord | None) -> BatchFindingKind | None:
    """How a device that the DERMS lists differs from our record; None if it does not, or if that may still settle."""
    enrolled = theirs == "enrolled"
    if ours is None:
        return BatchFindingKind.UNKNOWN_TO_US if enrolled else None
    agreed = enrolled == (ours.registration is RegistrationState.REGISTERED)
    return None if agreed or ours.has_message_in_progress else BatchFindingKind.STATE_DIFFERS


def can_resend(registration: RegistrationState) -> bool:
    """Whether a message would name the device, so that sending one may set it right."""
    return registration in REPORTED_STATES

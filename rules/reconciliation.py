"""What it means when the DERMS' list and our record differ."""

from typing import NamedTuple

from models.batches import FindingKind
from models.states import RegistrationState
from rules.acknowledgements import CONCERNED


class Ours(NamedTuple):
    """A device on a subscription as our record has it. `under_way`: a message about it is on its way, or just was."""

    registration: RegistrationState
    under_way: bool


def difference(theirs: str, ours: Ours | None) -> FindingKind | None:
    """How a device that the DERMS lists differs from our record; None if it does not, or if that may still settle."""
    enrolled = theirs == "enrolled"
    if ours is None:
        return FindingKind.UNKNOWN_TO_US if enrolled else None
    agreed = enrolled == (ours.registration is RegistrationState.REGISTERED)
    return None if agreed or ours.under_way else FindingKind.STATE_DIFFERS


def told_again(registration: RegistrationState) -> bool:
    """Whether a message would name the device, so that sending one may set it right."""
    return registration in CONCERNED

"""The states of a device's registration when its participation ends and when the DERMS has released it.

See docs/domain.md#registration.
"""

from models.states.subscription import RegistrationState

_R = RegistrationState


def states_when_unenrolled(registration: RegistrationState) -> tuple[RegistrationState, ...]:
    """Returns the path of a device whose participation ends. The DERMS must acknowledge what it may know; a device that
    was never reported is removed at once."""
    if registration is _R.PROPOSED:
        return (_R.REMOVED,)
    if registration in (_R.INSTALLED, _R.REGISTERING, _R.REGISTERED, _R.REGISTRATION_FAILED):
        return (_R.REMOVING,)
    return ()


def states_when_released(registration: RegistrationState, *, kept: bool) -> tuple[RegistrationState, ...]:
    """Returns the last step of a removed device: none before the DERMS has released it. `kept`: it stays on site."""
    if registration is not _R.DEREGISTERED:
        return ()
    return (_R.KEPT,) if kept else (_R.REMOVED,)

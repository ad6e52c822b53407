"""What becomes of a device's registration when it has left and the DERMS has let go of it.

See docs/domain.md#registration.
"""

from models.states.subscription import RegistrationState

_R = RegistrationState


def states_when_unenrolled(registration: RegistrationState) -> tuple[RegistrationState, ...]:
    """The path of a device that is to leave: what the DERMS may know of it, it must acknowledge; what nobody was told
    of is simply gone."""
    if registration is _R.PROPOSED:
        return (_R.REMOVED,)
    if registration in (_R.INSTALLED, _R.REGISTERING, _R.REGISTERED, _R.REGISTRATION_FAILED):
        return (_R.REMOVING,)
    return ()


def states_when_released(registration: RegistrationState, *, kept: bool) -> tuple[RegistrationState, ...]:
    """The last step of one that has left: nothing before the DERMS has let go of it."""
    if registration is not _R.DEREGISTERED:
        return ()
    return (_R.KEPT,) if kept else (_R.REMOVED,)

"""The states of a subscription and of each device's registration on it, with their transitions."""

from enum import StrEnum


class SubscriptionState(StrEnum):
    """That a customer takes part in a program at a service point."""

    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDING = "ending"
    ENDED = "ended"
    CANCELLED = "cancelled"


class RegistrationState(StrEnum):
    """One device on a subscription, as the head-end and the DERMS know it; moved only by acknowledgements."""

    PROPOSED = "proposed"
    INSTALLED = "installed"
    REGISTERING = "registering"
    REGISTERED = "registered"
    REGISTRATION_FAILED = "registration_failed"
    REMOVING = "removing"
    DEREGISTERED = "deregistered"
    REMOVED = "removed"
    KEPT = "kept"


_S = SubscriptionState


SUBSCRIPTION_TRANSITIONS: dict[SubscriptionState, frozenset[SubscriptionState]] = {
    _S.PENDING: frozenset({_S.ACTIVE, _S.CANCELLED}),
    _S.ACTIVE: frozenset({_S.SUSPENDED, _S.ENDING}),
    _S.SUSPENDED: frozenset({_S.ACTIVE, _S.ENDING}),
    _S.ENDING: frozenset({_S.ACTIVE, _S.ENDED}),
    _S.ENDED: frozenset(),
    _S.CANCELLED: frozenset(),
}


_R = RegistrationState


REGISTRATION_TRANSITIONS: dict[RegistrationState, frozenset[RegistrationState]] = {
    _R.PROPOSED: frozenset({_R.INSTALLED, _R.REMOVED}),
    _R.INSTALLED: frozenset({_R.REGISTERING, _R.REMOVING, _R.KEPT}),
    _R.REGISTERING: frozenset({_R.REGISTERED, _R.REGISTRATION_FAILED, _R.REMOVING}),
    _R.REGISTRATION_FAILED: frozenset({_R.REGISTERING, _R.REGISTERED, _R.REMOVING}),
    _R.REGISTERED: frozenset({_R.REGISTRATION_FAILED, _R.REMOVING}),
    _R.REMOVING: frozenset({_R.DEREGISTERED, _R.REGISTERED}),
    _R.DEREGISTERED: frozenset({_R.REMOVED, _R.KEPT}),
    _R.REMOVED: frozenset(),
    _R.KEPT: frozenset(),
}

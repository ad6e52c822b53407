"""Every state machine of the domain: one enum and one transition table each (docs/domain.md#states).

The database's check constraints, the rules, the documentation's pictures and the tests all read these tables.
"""

from enum import StrEnum


class EnrollmentState(StrEnum):
    """A request to take part in a program, from its submission to the moment it is associated."""

    SUBMITTED = "submitted"
    VALIDATING = "validating"
    REJECTED = "rejected"
    WAITLISTED = "waitlisted"
    AWAITING_APPROVAL = "awaiting_approval"
    ACCEPTED = "accepted"
    DEVICE_SETUP = "device_setup"
    AWAITING_SITE_VISIT = "awaiting_site_visit"
    COMPLETING = "completing"
    ENROLLED = "enrolled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    NEEDS_ATTENTION = "needs_attention"


class SubscriptionState(StrEnum):
    """That a customer takes part in a program at a service point."""

    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDING = "ending"
    ENDED = "ended"
    CANCELLED = "cancelled"


class DeviceState(StrEnum):
    """One real device."""

    NEW = "new"
    INSTALLED = "installed"
    ENROLLED = "enrolled"
    FAULTY = "faulty"
    REMOVED = "removed"
    RETIRED = "retired"


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


class SyncState(StrEnum):
    """One change that the DERMS must know."""

    PENDING = "pending"
    SENDING = "sending"
    AWAITING_ACKNOWLEDGEMENT = "awaiting_acknowledgement"
    SYNCHRONIZED = "synchronized"
    ERROR = "error"
    DISCARDED = "discarded"
    CANCELLED = "cancelled"


_E = EnrollmentState
_BEFORE_ENROLLED = (
    _E.SUBMITTED,
    _E.VALIDATING,
    _E.WAITLISTED,
    _E.AWAITING_APPROVAL,
    _E.ACCEPTED,
    _E.DEVICE_SETUP,
    _E.AWAITING_SITE_VISIT,
    _E.COMPLETING,
)
_EARLY_EXITS = frozenset({_E.CANCELLED, _E.EXPIRED, _E.NEEDS_ATTENTION})

ENROLLMENT_TRANSITIONS: dict[EnrollmentState, frozenset[EnrollmentState]] = {
    _E.SUBMITTED: _EARLY_EXITS | {_E.VALIDATING},
    _E.VALIDATING: _EARLY_EXITS | {_E.REJECTED, _E.WAITLISTED, _E.AWAITING_APPROVAL, _E.ACCEPTED},
    _E.WAITLISTED: _EARLY_EXITS | {_E.VALIDATING},
    _E.AWAITING_APPROVAL: _EARLY_EXITS | {_E.REJECTED, _E.ACCEPTED},
    _E.ACCEPTED: _EARLY_EXITS | {_E.DEVICE_SETUP},
    _E.DEVICE_SETUP: _EARLY_EXITS | {_E.AWAITING_SITE_VISIT, _E.COMPLETING},
    _E.AWAITING_SITE_VISIT: _EARLY_EXITS | {_E.DEVICE_SETUP, _E.COMPLETING},
    _E.COMPLETING: _EARLY_EXITS | {_E.ENROLLED},
    _E.NEEDS_ATTENTION: frozenset({*_BEFORE_ENROLLED, _E.CANCELLED, _E.EXPIRED, _E.ENROLLED}),
    _E.ENROLLED: frozenset({_E.NEEDS_ATTENTION}),
    _E.REJECTED: frozenset(),
    _E.CANCELLED: frozenset(),
    _E.EXPIRED: frozenset(),
}

_S = SubscriptionState
SUBSCRIPTION_TRANSITIONS: dict[SubscriptionState, frozenset[SubscriptionState]] = {
    _S.PENDING: frozenset({_S.ACTIVE, _S.CANCELLED}),
    _S.ACTIVE: frozenset({_S.SUSPENDED, _S.ENDING}),
    _S.SUSPENDED: frozenset({_S.ACTIVE, _S.ENDING}),
    _S.ENDING: frozenset({_S.ACTIVE, _S.ENDED}),
    _S.ENDED: frozenset(),
    _S.CANCELLED: frozenset(),
}

_D = DeviceState
DEVICE_TRANSITIONS: dict[DeviceState, frozenset[DeviceState]] = {
    _D.NEW: frozenset({_D.INSTALLED, _D.RETIRED}),
    _D.INSTALLED: frozenset({_D.ENROLLED, _D.FAULTY, _D.REMOVED}),
    _D.ENROLLED: frozenset({_D.INSTALLED, _D.FAULTY, _D.REMOVED}),
    _D.FAULTY: frozenset({_D.ENROLLED, _D.INSTALLED, _D.REMOVED}),
    _D.REMOVED: frozenset({_D.INSTALLED, _D.RETIRED}),
    _D.RETIRED: frozenset(),
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

_Y = SyncState
SYNC_TRANSITIONS: dict[SyncState, frozenset[SyncState]] = {
    _Y.PENDING: frozenset({_Y.SENDING, _Y.DISCARDED}),
    _Y.SENDING: frozenset({_Y.AWAITING_ACKNOWLEDGEMENT, _Y.SYNCHRONIZED, _Y.ERROR}),
    _Y.AWAITING_ACKNOWLEDGEMENT: frozenset({_Y.SENDING, _Y.SYNCHRONIZED, _Y.ERROR}),
    _Y.ERROR: frozenset({_Y.PENDING, _Y.CANCELLED}),
    _Y.SYNCHRONIZED: frozenset(),
    _Y.DISCARDED: frozenset(),
    _Y.CANCELLED: frozenset(),
}


class OutboxState(StrEnum):
    """One message to a workflow, from the transaction that writes it. A delivered one leaves the table."""

    WAITING = "waiting"
    UNDELIVERABLE = "undeliverable"
    GIVEN_UP = "given_up"


_O = OutboxState
OUTBOX_TRANSITIONS: dict[OutboxState, frozenset[OutboxState]] = {
    _O.WAITING: frozenset({_O.UNDELIVERABLE, _O.GIVEN_UP}),
    _O.UNDELIVERABLE: frozenset({_O.WAITING, _O.GIVEN_UP}),
    _O.GIVEN_UP: frozenset(),
}


class Channel(StrEnum):
    """How a request came in."""

    CSR = "csr"
    SELF_SERVICE = "self_service"
    AGGREGATOR_API = "aggregator_api"
    AGGREGATOR_FILE = "aggregator_file"


class InstallationMethod(StrEnum):
    """How the device gets to its place."""

    BRING_YOUR_OWN = "bring_your_own"
    UTILITY_INSTALLATION = "utility_installation"
    SELF_INSTALLATION = "self_installation"
    RE_ENROL = "re_enrol"


class AssetOwnership(StrEnum):
    """Whose the device is."""

    CUSTOMER_OWNED = "customer_owned"
    UTILITY_OWNED = "utility_owned"


class AccountStatus(StrEnum):
    """Whether the CIS still bills the account."""

    ACTIVE = "active"
    CLOSED = "closed"


class PremiseType(StrEnum):
    """What kind of building it is."""

    SINGLE_FAMILY = "single_family"
    APARTMENT = "apartment"
    MOBILE_HOME = "mobile_home"
    SMALL_BUSINESS = "small_business"
    LARGE_BUSINESS = "large_business"


class CustomerClass(StrEnum):
    """The class a tariff is made for."""

    RESIDENTIAL = "residential"
    SMALL_COMMERCIAL = "small_commercial"
    LARGE_COMMERCIAL = "large_commercial"


class MeterType(StrEnum):
    """Whether the meter reports intervals by itself."""

    AMI = "ami"
    MANUAL = "manual"


class SyncKind(StrEnum):
    """What kind of change a sync request tells."""

    CUSTOMER_ASSET_LOAD = "customer_asset_load"
    ENROLL = "enroll"
    UNENROLL = "unenroll"
    REPLACE_DEVICE = "replace_device"
    UPDATE = "update"

"""The states of an enrollment and the transitions between them."""

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

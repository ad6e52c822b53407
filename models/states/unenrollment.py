"""The states of an unenrollment and the transitions between them."""

from enum import StrEnum


class UnenrollmentState(StrEnum):
    """A request to leave a program, from its submission until the subscription has ended or shrunk."""

    SUBMITTED = "submitted"
    AWAITING_APPROVAL = "awaiting_approval"
    SCHEDULED = "scheduled"
    REMOVING = "removing"
    UNENROLLED = "unenrolled"
    RECOVERY_PENDING = "recovery_pending"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    NEEDS_ATTENTION = "needs_attention"


_U = UnenrollmentState


UNENROLLMENT_TRANSITIONS: dict[UnenrollmentState, frozenset[UnenrollmentState]] = {
    _U.SUBMITTED: frozenset(
        {_U.REJECTED, _U.AWAITING_APPROVAL, _U.SCHEDULED, _U.REMOVING, _U.UNENROLLED, _U.CANCELLED, _U.NEEDS_ATTENTION}
    ),
    _U.AWAITING_APPROVAL: frozenset(
        {_U.REJECTED, _U.SCHEDULED, _U.REMOVING, _U.UNENROLLED, _U.CANCELLED, _U.NEEDS_ATTENTION}
    ),
    _U.SCHEDULED: frozenset({_U.REMOVING, _U.UNENROLLED, _U.REJECTED, _U.CANCELLED, _U.NEEDS_ATTENTION}),
    _U.REMOVING: frozenset({_U.UNENROLLED, _U.RECOVERY_PENDING, _U.CANCELLED, _U.NEEDS_ATTENTION}),
    _U.RECOVERY_PENDING: frozenset({_U.UNENROLLED}),
    _U.NEEDS_ATTENTION: frozenset(
        {_U.SUBMITTED, _U.AWAITING_APPROVAL, _U.SCHEDULED, _U.REMOVING, _U.UNENROLLED, _U.CANCELLED}
    ),
    _U.UNENROLLED: frozenset(),
    _U.REJECTED: frozenset(),
    _U.CANCELLED: frozenset(),
}

ENDED_UNENROLLMENTS = frozenset(state for state, after in UNENROLLMENT_TRANSITIONS.items() if not after)
"""The states of an unenrollment for which nothing is left to do."""

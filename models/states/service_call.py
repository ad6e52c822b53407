"""The states of a service call and the transitions between them."""

from enum import StrEnum


class ServiceCallState(StrEnum):
    """Help with an enrolled device."""

    OPEN = "open"
    TROUBLESHOOTING = "troubleshooting"
    WORK_REQUESTED = "work_requested"
    AWAITING_SITE_VISIT = "awaiting_site_visit"
    RESOLVED = "resolved"
    REPLACED = "replaced"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    NEEDS_ATTENTION = "needs_attention"


_C = ServiceCallState


SERVICE_CALL_TRANSITIONS: dict[ServiceCallState, frozenset[ServiceCallState]] = {
    _C.OPEN: frozenset({_C.TROUBLESHOOTING, _C.CANCELLED}),
    _C.TROUBLESHOOTING: frozenset({_C.RESOLVED, _C.WORK_REQUESTED, _C.CANCELLED, _C.NEEDS_ATTENTION}),
    _C.WORK_REQUESTED: frozenset({_C.AWAITING_SITE_VISIT, _C.CANCELLED, _C.NEEDS_ATTENTION}),
    _C.AWAITING_SITE_VISIT: frozenset({_C.RESOLVED, _C.REPLACED, _C.CANCELLED, _C.NEEDS_ATTENTION}),
    _C.NEEDS_ATTENTION: frozenset(
        {_C.TROUBLESHOOTING, _C.WORK_REQUESTED, _C.AWAITING_SITE_VISIT, _C.RESOLVED, _C.CANCELLED}
    ),
    _C.RESOLVED: frozenset({_C.CLOSED}),
    _C.REPLACED: frozenset({_C.CLOSED}),
    _C.CLOSED: frozenset(),
    _C.CANCELLED: frozenset(),
}

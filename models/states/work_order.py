"""The state machines of what people and technicians do: field work, leaving a program, service calls, guided flows.

Like models/states/enrollment.py: one enum and one transition table each (docs/domain.md#states).
"""

from enum import StrEnum


class WorkOrderKind(StrEnum):
    """What a technician is sent for."""

    INSTALL = "install"
    REMOVE = "remove"
    TROUBLESHOOT = "troubleshoot"
    REPLACE = "replace"


class WorkOrderState(StrEnum):
    """Work for a technician; a visit that came to nothing is followed by another attempt on the same order."""

    CREATED = "created"
    DISPATCHED = "dispatched"
    SCHEDULED = "scheduled"
    EN_ROUTE = "en_route"
    ON_SITE = "on_site"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"
    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"


class CompletionOutcome(StrEnum):
    """How a site visit ended."""

    COMPLETED_AS_ORDERED = "completed_as_ordered"
    DEVICE_REPLACED = "device_replaced"
    REPAIRED_ON_SITE = "repaired_on_site"
    NO_FAULT_FOUND = "no_fault_found"
    NO_ACCESS = "no_access"
    CUSTOMER_REFUSED = "customer_refused"
    NOT_INSTALLABLE = "not_installable"
    PARTS_MISSING = "parts_missing"

    @property
    def justifies_another_visit(self) -> bool:
        """Whether the order is worth a new attempt."""
        return self in (CompletionOutcome.NO_ACCESS, CompletionOutcome.PARTS_MISSING)

    @property
    def is_done(self) -> bool:
        """Whether what could be done on site was done."""
        return self in _DONE


_DONE = frozenset(
    {
        CompletionOutcome.COMPLETED_AS_ORDERED,
        CompletionOutcome.DEVICE_REPLACED,
        CompletionOutcome.REPAIRED_ON_SITE,
        CompletionOutcome.NO_FAULT_FOUND,
    }
)


class RemovalMethod(StrEnum):
    """What becomes of a device whose subscription ends."""

    KEEP = "keep"
    UTILITY_REMOVAL = "utility_removal"
    SHIP_BACK = "ship_back"


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


class ShipmentState(StrEnum):
    """A device sent to a customer, who installs it and confirms."""

    ORDERED = "ordered"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    RETURNED = "returned"


class HeadEndRequestState(StrEnum):
    """Something asked of a device through its head-end. Given up: an answer that comes all the same still counts."""

    PENDING = "pending"
    ASKED = "asked"
    ANSWERED = "answered"
    GIVEN_UP = "given_up"


class ProcessFlowState(StrEnum):
    """A guided flow that a person fills in, panel by panel."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class BatchRunState(StrEnum):
    """One run of a batch."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


_W = WorkOrderState
WORK_ORDER_TRANSITIONS: dict[WorkOrderState, frozenset[WorkOrderState]] = {
    _W.CREATED: frozenset({_W.DISPATCHED, _W.CANCELLED}),
    _W.DISPATCHED: frozenset({_W.SCHEDULED, _W.EN_ROUTE, _W.CANCELLED}),
    _W.SCHEDULED: frozenset({_W.RESCHEDULED, _W.EN_ROUTE, _W.CANCELLED}),
    _W.RESCHEDULED: frozenset({_W.SCHEDULED, _W.EN_ROUTE, _W.CANCELLED}),
    _W.EN_ROUTE: frozenset({_W.ON_SITE, _W.INCOMPLETE}),
    _W.ON_SITE: frozenset({_W.COMPLETED, _W.INCOMPLETE}),
    _W.INCOMPLETE: frozenset({_W.RESCHEDULED}),
    # Final, unless what was reported cannot be used after all: then the order goes back to the technician.
    _W.COMPLETED: frozenset({_W.RESCHEDULED}),
    _W.CANCELLED: frozenset(),
}

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

_H = ShipmentState
SHIPMENT_TRANSITIONS: dict[ShipmentState, frozenset[ShipmentState]] = {
    _H.ORDERED: frozenset({_H.SHIPPED, _H.CANCELLED, _H.EXPIRED}),
    _H.SHIPPED: frozenset({_H.DELIVERED, _H.RETURNED, _H.CANCELLED, _H.EXPIRED}),
    _H.DELIVERED: frozenset({_H.CONFIRMED, _H.RETURNED, _H.CANCELLED, _H.EXPIRED}),
    # Final, unless what was confirmed cannot be used after all: then it is the customer's turn again.
    _H.CONFIRMED: frozenset({_H.DELIVERED, _H.CANCELLED}),
    # The device may still come back.
    _H.CANCELLED: frozenset({_H.RETURNED}),
    _H.EXPIRED: frozenset({_H.RETURNED}),
    _H.RETURNED: frozenset(),
}

_Q = HeadEndRequestState
HEAD_END_REQUEST_TRANSITIONS: dict[HeadEndRequestState, frozenset[HeadEndRequestState]] = {
    _Q.PENDING: frozenset({_Q.ASKED, _Q.ANSWERED, _Q.GIVEN_UP}),
    _Q.ASKED: frozenset({_Q.ANSWERED, _Q.GIVEN_UP}),
    _Q.GIVEN_UP: frozenset({_Q.ANSWERED}),
    _Q.ANSWERED: frozenset(),
}

_P = ProcessFlowState
PROCESS_FLOW_TRANSITIONS: dict[ProcessFlowState, frozenset[ProcessFlowState]] = {
    _P.DRAFT: frozenset({_P.SUBMITTED, _P.CANCELLED, _P.EXPIRED}),
    _P.SUBMITTED: frozenset(),
    _P.CANCELLED: frozenset(),
    _P.EXPIRED: frozenset(),
}

_B = BatchRunState
BATCH_RUN_TRANSITIONS: dict[BatchRunState, frozenset[BatchRunState]] = {
    _B.RUNNING: frozenset({_B.COMPLETED, _B.FAILED}),
    _B.COMPLETED: frozenset(),
    _B.FAILED: frozenset({_B.RUNNING}),
}

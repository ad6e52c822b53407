"""The kinds, states and outcomes of a work order, and the transitions between the states."""

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

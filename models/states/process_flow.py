"""The states of a guided process flow and the transitions between them."""

from enum import StrEnum


class ProcessFlowState(StrEnum):
    """A guided flow that a person fills in, panel by panel."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


_P = ProcessFlowState


PROCESS_FLOW_TRANSITIONS: dict[ProcessFlowState, frozenset[ProcessFlowState]] = {
    _P.DRAFT: frozenset({_P.SUBMITTED, _P.CANCELLED, _P.EXPIRED}),
    _P.SUBMITTED: frozenset(),
    _P.CANCELLED: frozenset(),
    _P.EXPIRED: frozenset(),
}

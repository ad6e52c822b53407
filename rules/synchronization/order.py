"""The order in which the DERMS learns of changes: one subject's requests strictly one after the other.

See docs/domain.md#order.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from models.messages.synchronization import SendFailure
from models.states.sync_request import SYNC_TRANSITIONS, SyncKind, SyncState

FINAL_STATES = frozenset(state for state, following in SYNC_TRANSITIONS.items() if not following)
"""What is sent no more: a later request need not wait for it."""

UNANSWERED_ERRORS = frozenset(failure.value for failure in SendFailure if failure.is_outcome_unknown)
"""Errors without an answer: the DERMS may have taken the message."""


class EarlierRequest(NamedTuple):
    """One earlier request of the same subject."""

    id: str
    sequence: int
    kind: SyncKind
    state: SyncState
    attempts: int

    @property
    def is_unsent(self) -> bool:
        """Whether the DERMS cannot have heard of it."""
        return self.state is SyncState.PENDING and self.attempts == 0


class SyncPlan(NamedTuple):
    """How a new change and the earlier ones are sent: `merged` into it, or none at all because it is unnecessary."""

    kind: SyncKind
    merged: tuple[str, ...] = ()
    is_unnecessary: bool = False


def find_blocking_request(sequence: int, others: Iterable[EarlierRequest]) -> EarlierRequest | None:
    """The request that must become final before the one of this sequence may be sent."""
    earlier = [one for one in others if one.sequence < sequence and one.state not in FINAL_STATES]
    return max(earlier, key=lambda one: one.sequence, default=None)


def plan_sync_request(kind: SyncKind, earlier: Sequence[EarlierRequest], *, anyone_enrolled: bool) -> SyncPlan:
    """How a new change goes with the earlier ones; `anyone_enrolled`: it leaves the DERMS a device to control.

    What was never sent is merged into it. If the DERMS never received anything about the subscription and no device
    is left to enroll, nothing has to be sent at all.
    """
    unsent = tuple(one for one in earlier if one.is_unsent)
    joined = tuple(one.id for one in unsent)
    kinds = {one.kind for one in unsent}
    never_sent = all(one.is_unsent or one.state is SyncState.DISCARDED for one in earlier)
    if unsent and never_sent and not anyone_enrolled:
        return SyncPlan(kind, joined, is_unnecessary=True)
    if SyncKind.ENROLL in kinds and anyone_enrolled:
        return SyncPlan(SyncKind.ENROLL, joined)
    if kind is SyncKind.UPDATE and SyncKind.REPLACE_DEVICE in kinds:
        return SyncPlan(SyncKind.REPLACE_DEVICE, joined)
    if kind is SyncKind.UPDATE and SyncKind.CUSTOMER_ASSET_LOAD in kinds:
        return SyncPlan(
            SyncKind.CUSTOMER_ASSET_LOAD, joined
        )  # what the DERMS lost it must be sent, though nothing is new
    return SyncPlan(kind, joined)


def leaves_no_device(snapshot: Mapping[str, Any]) -> bool:
    """Whether the change leaves the DERMS no device to control."""
    return all(device["state"] != "enrolled" for device in snapshot["devices"])


def has_subscription_ended(snapshot: Mapping[str, Any]) -> bool:
    """Whether nobody takes part any more. A device that makes way for another may leave the DERMS none to control for a
    while, and the subscription goes on."""
    return snapshot["subscription"]["end"] is not None


def is_obsolete(state: SyncState, error_code: str | None) -> bool:
    """Whether an earlier change has no sense once nobody is left: the DERMS answered that it did not take it as it was.
    Without an answer it may have taken it, and is asked about it first."""
    return state is SyncState.ERROR and error_code not in UNANSWERED_ERRORS


def is_already_synchronized(snapshot_hash: str, last_sent: SyncState | None, last_hash: str | None) -> bool:
    """Whether the DERMS holds this already: what it was last sent is synchronized and says the same."""
    return last_sent is SyncState.SYNCHRONIZED and snapshot_hash == last_hash

"""The order in which the DERMS learns of changes: one subject's requests strictly one after the other.

See docs/domain.md#order.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from models.messages.synchronize import SendFailure
from models.states import SYNC_TRANSITIONS, SyncKind, SyncState

FINAL = frozenset(state for state, following in SYNC_TRANSITIONS.items() if not following)
"""What is sent no more: a later request need not wait for it."""

TECHNICAL = frozenset(failure.value for failure in SendFailure if failure.outcome_unknown)
"""Errors without an answer: the DERMS may have taken the message."""


class Told(NamedTuple):
    """One earlier request of the same subject."""

    id: str
    sequence: int
    kind: SyncKind
    state: SyncState
    attempts: int

    @property
    def unsent(self) -> bool:
        """Whether the DERMS cannot have heard of it."""
        return self.state is SyncState.PENDING and self.attempts == 0


class Plan(NamedTuple):
    """What becomes of a new change and of those before it: `joined` into it, or all of them with nothing to tell."""

    kind: SyncKind
    joined: tuple[str, ...] = ()
    nothing_to_tell: bool = False


def waits_for(sequence: int, others: Iterable[Told]) -> Told | None:
    """The request that must become final before the one of this sequence may be sent."""
    earlier = [one for one in others if one.sequence < sequence and one.state not in FINAL]
    return max(earlier, key=lambda one: one.sequence, default=None)


def plan(kind: SyncKind, earlier: Sequence[Told], *, anyone_enrolled: bool) -> Plan:
    """How a new change goes with the earlier ones; `anyone_enrolled`: it leaves the DERMS a device to control.

    What was never sent is joined into it. If the DERMS never heard of the subject and nobody is left to enrol, there
    is nothing to tell at all.
    """
    unsent = tuple(one for one in earlier if one.unsent)
    joined = tuple(one.id for one in unsent)
    kinds = {one.kind for one in unsent}
    never_told = all(one.unsent or one.state is SyncState.DISCARDED for one in earlier)
    if unsent and never_told and not anyone_enrolled:
        return Plan(kind, joined, nothing_to_tell=True)
    if SyncKind.ENROLL in kinds and anyone_enrolled:
        return Plan(SyncKind.ENROLL, joined)
    if kind is SyncKind.UPDATE and SyncKind.REPLACE_DEVICE in kinds:
        return Plan(SyncKind.REPLACE_DEVICE, joined)
    if kind is SyncKind.UPDATE and SyncKind.CUSTOMER_ASSET_LOAD in kinds:
        return Plan(SyncKind.CUSTOMER_ASSET_LOAD, joined)  # what the DERMS lost it must be sent, though nothing is new
    return Plan(kind, joined)


def leaves_nobody(snapshot: Mapping[str, Any]) -> bool:
    """Whether the change leaves the DERMS no device to control."""
    return all(device["state"] != "enrolled" for device in snapshot["devices"])


def has_ended(snapshot: Mapping[str, Any]) -> bool:
    """Whether nobody takes part any more. A device that makes way for another may leave the DERMS none to control for a
    while, and the subscription goes on."""
    return snapshot["subscription"]["end"] is not None


def is_moot(state: SyncState, error_code: str | None) -> bool:
    """Whether an earlier change has no sense once nobody is left: the DERMS answered that it did not take it as it was.
    Without an answer it may have taken it, and is asked about it first."""
    return state is SyncState.ERROR and error_code not in TECHNICAL


def nothing_new(snapshot_hash: str, last_sent: SyncState | None, last_hash: str | None) -> bool:
    """Whether the DERMS holds this already: what it was last sent is synchronized and says the same."""
    return last_sent is SyncState.SYNCHRONIZED and snapshot_hash == last_hash

"""The kinds and states of a sync request, and the transitions between the states."""

from enum import StrEnum


class SyncState(StrEnum):
    """One change that the DERMS must know."""

    PENDING = "pending"
    SENDING = "sending"
    AWAITING_ACKNOWLEDGEMENT = "awaiting_acknowledgement"
    SYNCHRONIZED = "synchronized"
    ERROR = "error"
    DISCARDED = "discarded"
    CANCELLED = "cancelled"


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


class SyncKind(StrEnum):
    """The kind of change that a sync request describes."""

    CUSTOMER_ASSET_LOAD = "customer_asset_load"
    ENROLL = "enroll"
    UNENROLL = "unenroll"
    REPLACE_DEVICE = "replace_device"
    UPDATE = "update"
